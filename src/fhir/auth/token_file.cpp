#include "fhir/auth/token_file.h"

#include <sys/stat.h>

#include "fhir/auth/secret.h"

namespace isocenter::fhir {

TokenFile::Mark TokenFile::mark() const {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) return {};
    return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
            static_cast<std::int64_t>(status.st_size), static_cast<std::int64_t>(status.st_mtim.tv_sec),
            static_cast<std::int64_t>(status.st_mtim.tv_nsec)};
}

Result<std::string> TokenFile::token() {
    const std::lock_guard lock(mutex_);
    // The mark is taken first: a change while reading is seen the next time.
    const Mark found = mark();
    if (!token_.empty() && found == mark_) return token_;
    token_.clear();
    ISO_TRY(std::string text, read_small_file(path_, "the access token"));
    if (!is_token(text)) return fail(ErrorCode::unavailable, "the file of the access token holds no token");
    token_ = std::move(text);
    mark_ = found;
    return token_;
}

void TokenFile::discard(const std::string& token) {
    const std::lock_guard lock(mutex_);
    if (token_ == token) token_.clear();
}

}  // namespace isocenter::fhir
