#include "archive/instance_upload.h"

#include <algorithm>
#include <array>

#include "blob/key.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kPreambleBytes = 128;
constexpr std::array<std::byte, kPreambleBytes> kZeroPreamble{};

}  // namespace

void InstanceUpload::write(ByteView bytes) {
    if (failure_) return;
    if (max_bytes_ != 0 && bytes.size() > max_bytes_ - std::min(max_bytes_, size_)) {
        return fail(StoreFailure::out_of_resources, "the instance is larger than allowed");
    }
    if (size_ < kPreambleBytes) {
        const std::size_t preamble = std::min<std::size_t>(bytes.size(), kPreambleBytes - size_);
        take(ByteView(kZeroPreamble).first(preamble));
        bytes = bytes.subspan(preamble);
    }
    if (!bytes.empty()) take(bytes);
}

// The reader first: what is no DICOM from its first bytes on never touches the disk.
void InstanceUpload::take(ByteView bytes) {
    if (failure_) return;
    size_ += bytes.size();
    if (const Status status = reader_.write(bytes); !status) return fail_with(status.error());
    if (reserve_ != nullptr) {
        if (const Status status = reserve_->stores_may_write(); !status) return fail_with(status.error());
    }
    if (!writer_) {
        auto created = blobs_.create(blob::make_key());
        if (!created) return fail_with(created.error());
        writer_ = std::move(*created);
    }
    if (const Status status = writer_->write(bytes); !status) return fail_with(status.error());
    hash_.write(bytes);
}

void InstanceUpload::fail(StoreFailure reason, std::string message, std::string detail) {
    if (!failure_) failure_ = Failure{reason, std::move(message), std::move(detail)};
    writer_.reset();
}

void InstanceUpload::fail_with(const Error& error) {
    switch (error.code) {
        case ErrorCode::malformed_dicom:
            return fail(StoreFailure::not_understood, error.message);
        case ErrorCode::unavailable:
        case ErrorCode::too_large:
            return fail(StoreFailure::out_of_resources, error.message, error.detail);
        default:
            return fail(StoreFailure::processing, error.message, error.detail);
    }
}

std::optional<Received> InstanceUpload::finish() {
    if (failure_) return std::nullopt;
    const std::uint64_t held = reader_.held_bytes();
    auto object = reader_.finish();
    if (!object) {
        fail_with(object.error());
        return std::nullopt;
    }
    if (const Status status = writer_->complete(); !status) {
        fail_with(status.error());
        return std::nullopt;
    }
    return Received{std::move(*object), std::move(writer_), hash_.finish(), held};
}

}  // namespace isocenter::archive
