#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace isocenter::http {

/// What the router found for a method and a path.
struct Match {
    const Mount* mount = nullptr;  ///< of the longest prefix; nullptr when none fits
    const Route* route = nullptr;  ///< nullptr: 404 when `allowed` is empty, else 405
    std::string_view pattern;      ///< prefix and pattern of the route, for metrics and logs
    PathParams params;
    std::string allowed;      ///< value of Allow: the methods that this path has
    bool bad_escape = false;  ///< the path holds a broken percent escape: 400
};

/// Finds routes: the mount of the longest prefix, then the route whose pattern fits; literals beat parameters
/// from left to right, one '/' at the end is tolerated, HEAD finds GET. A last segment `{name...}` takes all
/// that is left, one segment at least; such a pattern comes after all others. Immutable; thread-safe.
class Router {
  public:
    explicit Router(std::vector<Mount> mounts);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    Match find(Method method, std::string_view path) const;
    /// Value of Allow for the server as a whole: the methods of all paths.
    std::string methods() const;
    const std::vector<Mount>& mounts() const { return mounts_; }

  private:
    struct Lookup;
    struct Row;
    struct Table;
    const std::vector<Mount> mounts_;
    std::vector<Table> tables_;
};

/// The pattern as descriptions write it: `{name}` also for a parameter that takes all that is left.
std::string path_template(std::string_view pattern);

}  // namespace isocenter::http
