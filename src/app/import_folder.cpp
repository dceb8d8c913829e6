#include "app/import_folder.h"

#include <vector>

#include "app/archive_folder.h"
#include "app/import_walk.h"
#include "archive/store.h"

namespace isocenter::app {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

class FolderTarget final : public ImportTarget {
  public:
    explicit FolderTarget(archive::Archive& archive) : archive_(archive) {}

    ImportResult store(const std::filesystem::path& file, std::uint64_t) override {
        const auto source = FileSource::open(file);
        if (!source) return {ImportResult::Kind::unreadable, source.error().message};
        archive::StoreBatch batch(archive_, archive::StorePolicy{});
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
        if (outcome.failure) return {ImportResult::Kind::refused, outcome.message};
        return {outcome.created ? ImportResult::Kind::stored : ImportResult::Kind::already_there, {}};
    }

  private:
    archive::Archive& archive_;
};

}  // namespace

struct FolderImport::State {
    std::unique_ptr<ArchiveFolder> folder;
};

FolderImport::FolderImport() : state_(std::make_unique<State>()) {}
FolderImport::~FolderImport() = default;
FolderImport::FolderImport(FolderImport&&) noexcept = default;

Result<FolderImport> FolderImport::open(const std::string& data_folder) {
    Settings settings;
    settings.data_folder = data_folder;
    FolderImport result;
    ISO_TRY(result.state_->folder, ArchiveFolder::open(settings));
    return result;
}

ImportTargetFactory FolderImport::make_target() const {
    return [folder = state_->folder.get()]() -> Result<std::unique_ptr<ImportTarget>> {
        return std::make_unique<FolderTarget>(folder->archive());
    };
}

}  // namespace isocenter::app
