#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace isocenter {

/// A string that cannot be mistaken for a string of another meaning. `Tag` is an empty struct naming the
/// meaning.
template <class Tag>
class StrongString {
  public:
    StrongString() = default;
    explicit StrongString(std::string value) : value_(std::move(value)) {}
    const std::string& str() const { return value_; }
    std::string_view view() const { return value_; }
    bool empty() const { return value_.empty(); }
    friend auto operator<=>(const StrongString&, const StrongString&) = default;

  private:
    std::string value_;
};

using StudyUid = StrongString<struct StudyUidTag>;
using SeriesUid = StrongString<struct SeriesUidTag>;
using SopInstanceUid = StrongString<struct SopInstanceUidTag>;
/// Names an object in a blob store: made by the archive, `[0-9a-z/]+`, never built from a client's input.
using BlobKey = StrongString<struct BlobKeyTag>;

}  // namespace isocenter

template <class Tag>
struct std::hash<isocenter::StrongString<Tag>> {
    std::size_t operator()(const isocenter::StrongString<Tag>& s) const noexcept {
        return std::hash<std::string_view>{}(s.view());
    }
};
