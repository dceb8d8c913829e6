#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace isocenter {

/// A value, or the reason why there is none. Ignoring it is a compile error.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using tl::expected<T, Error>::expected;
    Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
    Result(tl::unexpected<Error> error) : tl::expected<T, Error>(std::move(error)) {}
    bool ok() const { return this->has_value(); }
};

/// Makes a failure: `return fail(ErrorCode::not_found, "no such study");`
inline Error fail(ErrorCode code, std::string message, std::string detail = {}) {
    return Error{code, std::move(message), std::move(detail)};
}

/// Success of an operation without a value: `return {};`
using Status = Result<void>;

}  // namespace isocenter

#define ISO_CONCAT_INNER(a, b) a##b
#define ISO_CONCAT(a, b) ISO_CONCAT_INNER(a, b)
#define ISO_TRY_ASSIGN(tmp, lhs, expr)       \
    auto tmp = (expr);                       \
    if (!tmp) return std::move(tmp).error(); \
    lhs = std::move(*tmp)

/// `ISO_TRY(auto x, f());` binds the value of f() or returns its error from the enclosing function.
#define ISO_TRY(lhs, expr) ISO_TRY_ASSIGN(ISO_CONCAT(iso_try_, __LINE__), lhs, expr)

/// `ISO_CHECK(f());` returns the error of f(), if any, from the enclosing function.
#define ISO_CHECK(expr)                                                                  \
    do {                                                                                 \
        if (auto iso_status = (expr); !iso_status) return std::move(iso_status).error(); \
    } while (false)
