#include "app/import_folder.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "app/archive_folder.h"
#include "app/face_profiles.h"
#include "app/import_walk.h"
#include "archive/store.h"

namespace isocenter::app {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

std::string warning_of(const archive::StoreOutcome& outcome) {
    if (!outcome.short_pixels) return {};
    return fmt::format("its pixel data hold {} of {} frames", outcome.short_pixels->present,
                       outcome.short_pixels->frames);
}

class FolderTarget final : public ImportTarget {
  public:
    FolderTarget(archive::Archive& archive, const archive::StorePolicy& policy)
        : archive_(archive), policy_(policy) {}

    ImportResult store(const std::filesystem::path& file, std::uint64_t) override {
        const auto source = FileSource::open(file);
        if (!source) return {ImportResult::Kind::unreadable, source.error().message};
        archive::StoreBatch batch(archive_, policy_);
        batch.begin_instance();
        std::vector<std::byte> buffer(kReadBytes);
        for (;;) {
            const auto n = (*source)->read(buffer);
            if (!n) return {ImportResult::Kind::unreadable, n.error().message};
            if (*n == 0) break;
            batch.write(ByteView(buffer).first(*n));
        }
        batch.end_instance();
        const auto outcomes = batch.finish();
        const archive::StoreOutcome& outcome = outcomes.front();
        if (outcome.failure) return {ImportResult::Kind::refused, archive::message_with_places(outcome)};
        return {outcome.created ? ImportResult::Kind::stored : ImportResult::Kind::already_there,
                warning_of(outcome)};
    }

  private:
    archive::Archive& archive_;
    const archive::StorePolicy policy_;
};

archive::StorePolicy policy_of(const Settings& settings) {
    const api::Profile profile = face_profiles(settings).standard;
    archive::StorePolicy policy;
    policy.validation = profile.validation;
    policy.duplicates = profile.duplicates;
    policy.max_instance_bytes = settings.max_instance_bytes;
    return policy;
}

}  // namespace

struct FolderImport::State {
    std::unique_ptr<ArchiveFolder> folder;
    archive::StorePolicy policy;
};

FolderImport::FolderImport() : state_(std::make_unique<State>()) {}
FolderImport::~FolderImport() = default;
FolderImport::FolderImport(FolderImport&&) noexcept = default;

Result<FolderImport> FolderImport::open(const Settings& settings) {
    FolderImport result;
    result.state_->policy = policy_of(settings);
    ISO_TRY(result.state_->folder, ArchiveFolder::open(settings));
    return result;
}

ImportTargetFactory FolderImport::make_target() const {
    return [state = state_.get()]() -> Result<std::unique_ptr<ImportTarget>> {
        return std::make_unique<FolderTarget>(state->folder->archive(), state->policy);
    };
}

}  // namespace isocenter::app
