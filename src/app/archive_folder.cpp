#include "app/archive_folder.h"

#include <algorithm>
#include <utility>

#include "api/dicomweb/document_reader.h"
#include "app/descriptors.h"
#include "blob/registry.h"

namespace isocenter::app {
namespace {

blob::SyncMode sync_mode_of(const std::string& name) {
    if (name == "none") return blob::SyncMode::none;
    return name == "files" ? blob::SyncMode::files : blob::SyncMode::filesystem;
}

/// For the person who started the program: which file it is, why, and what can be done.
Error refuse_index(const DataFolder& folder, Error error) {
    error.message = folder.database_file().string() + ": " + error.message;
    if (!error.detail.empty()) error.message += " (" + std::exchange(error.detail, {}) + ")";
    if (error.code == ErrorCode::corrupt)
        error.message +=
            "; restore the folder from a backup, or make a new one from its objects: isocenter import " +
            folder.path().string() + "/objects --data NEW";
    return error;
}

Result<index::Database> open_index(const Settings& settings, const DataFolder& folder) {
    index::DatabaseOptions options;
    options.kind = settings.database;
    options.path = folder.database_file().string();
    options.synchronous = settings.sync != "none";
    options.reserve_bytes = settings.index_reserve_bytes;
    options.read_connections = settings.query_threads + settings.fetch_threads + settings.ingest_threads;
    auto database = index::open_database(options);
    if (!database) return refuse_index(folder, database.error());
    return database;
}

Result<std::unique_ptr<blob::BlobStore>> open_blobs(const Settings& settings, const DataFolder& folder) {
    blob::StoreOptions options;
    options.kind = settings.objects;
    options.folder = folder.object_folder();
    options.sync = sync_mode_of(settings.sync);
    options.open_files = share_descriptors(descriptor_limit(), settings).open_files;
    return blob::open_store(options);
}

archive::ArchiveOptions archive_options(const Settings& settings) {
    archive::ArchiveOptions options;
    options.location_cache_entries = settings.location_cache_entries;
    options.inline_bytes = settings.inline_limit;
    // What is stored can be answered: a third of the memory of all requests is what an answer needs.
    options.max_document_bytes = std::min(
        options.max_document_bytes, settings.request_memory_bytes / api::DocumentReader::kTimesTheDocument);
    return options;
}

}  // namespace

/// Members are destroyed from the bottom up: the folder's lock last.
struct ArchiveFolder::State {
    State(const Settings& settings, DataFolder held, index::Database opened,
          std::unique_ptr<blob::BlobStore> store)
        : folder(std::move(held)),
          database(std::move(opened)),
          blobs(std::move(store)),
          archive(*blobs, database, archive_options(settings), metrics) {}
    DataFolder folder;
    Metrics metrics;
    index::Database database;
    std::unique_ptr<blob::BlobStore> blobs;
    archive::Archive archive;
};

Result<std::unique_ptr<ArchiveFolder>> ArchiveFolder::open(const Settings& settings) {
    ISO_TRY(DataFolder folder, DataFolder::open(settings.data_folder));
    ISO_TRY(index::Database database, open_index(settings, folder));
    ISO_TRY(std::unique_ptr<blob::BlobStore> blobs, open_blobs(settings, folder));
    auto state = std::make_unique<State>(settings, std::move(folder), std::move(database), std::move(blobs));
    return std::unique_ptr<ArchiveFolder>(new ArchiveFolder(std::move(state)));
}

ArchiveFolder::ArchiveFolder(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveFolder::~ArchiveFolder() = default;
archive::Archive& ArchiveFolder::archive() {
    return state_->archive;
}
blob::BlobStore& ArchiveFolder::blobs() {
    return *state_->blobs;
}
const index::Database& ArchiveFolder::database() const {
    return state_->database;
}
const DataFolder& ArchiveFolder::folder() const {
    return state_->folder;
}
Metrics& ArchiveFolder::metrics() {
    return state_->metrics;
}

}  // namespace isocenter::app
