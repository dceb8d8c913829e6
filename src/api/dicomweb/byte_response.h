#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/profile.h"
#include "base/bytes.h"
#include "http/message.h"

namespace isocenter::api {

/// Things that an answer is made of, one after another, each made when its turn comes.
template <class T>
class Supply {
  public:
    Supply() = default;
    virtual ~Supply() = default;
    Supply(const Supply&) = delete;
    Supply& operator=(const Supply&) = delete;
    /// Nothing at the end.
    virtual Result<std::optional<T>> next() = 0;
};

/// A few that are there already.
template <class T>
class ListSupply final : public Supply<T> {
  public:
    explicit ListSupply(std::vector<T> all) : all_(std::move(all)) {}
    Result<std::optional<T>> next() override {
        if (next_ == all_.size()) return std::optional<T>();
        return std::optional<T>(std::move(all_[next_++]));
    }

  private:
    std::vector<T> all_;
    std::size_t next_ = 0;
};

/// One part of a multipart answer; opened when its turn comes.
struct PartPlan {
    std::string content_type;
    std::string content_location;         ///< empty: none
    std::optional<std::uint64_t> length;  ///< of the body, when known
    std::function<Result<std::unique_ptr<ByteSource>>()> open;
    std::string content_range = {};  ///< empty: the whole
};

/// A multipart/related body, streamed part by part. The first part is opened at once, so that a missing
/// object is an error answer and not a broken stream. `boundary` must not occur in the parts.
Result<http::Response> multipart_response(std::string_view root_type, std::string_view boundary,
                                          std::vector<PartPlan> parts);
/// The same of parts that are many. `length` of the body, when known.
Result<http::Response> multipart_response(std::string_view root_type, std::string_view boundary,
                                          std::unique_ptr<Supply<PartPlan>> parts,
                                          std::optional<std::uint64_t> length);

/// Counts the length of a multipart body part by part, before it is made.
class MultipartLength {
  public:
    explicit MultipartLength(std::size_t boundary_size) : boundary_(boundary_size, '-') {}
    void add(const PartPlan& part);
    /// Of all of the body; nothing when that of a part is not known.
    std::optional<std::uint64_t> total() const;

  private:
    std::string boundary_;
    std::optional<std::uint64_t> length_ = 0;
    bool first_ = true;
};

/// An answer of one part.
struct SinglePlan {
    std::string content_type;
    std::string content_location;
    std::string etag;                     ///< with quotes
    std::optional<std::uint64_t> length;  ///< when known, ranges are offered
    /// The body, or a range of it.
    std::function<Result<std::unique_ptr<ByteSource>>(std::optional<ByteRange>)> open;
};
/// 200, 206 or 416 (standard-face.md 3.5).
Result<http::Response> single_response(const Profile& profile, const http::Request& request,
                                       const SinglePlan& plan);
/// The same value as the only part of a multipart answer; a range is one of the value, not of the body
/// (standard-face.md 3.5).
Result<http::Response> single_part_response(const Profile& profile, const http::Request& request,
                                            std::string_view boundary, const SinglePlan& plan);

/// 304 when the client has `etag` already, else nothing. `cache_control` is what the 200 would say (RFC 9110
/// 15.4.5); empty: nothing.
std::optional<http::Response> not_modified(const http::Request& request, std::string_view etag,
                                           std::string_view cache_control);

/// `range` of what `source` gives: reads past what lies before.
std::unique_ptr<ByteSource> slice(std::unique_ptr<ByteSource> source, ByteRange range);

/// Several sources one after another, each opened when its turn comes.
using SourceOpener = std::function<Result<std::unique_ptr<ByteSource>>()>;
std::unique_ptr<ByteSource> concatenate(std::vector<SourceOpener> openers);

}  // namespace isocenter::api
