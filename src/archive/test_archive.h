#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/store.h"
#include "base/digest.h"
#include "blob/fault_store.h"
#include "blob/memory/memory_blob_store.h"
#include "dicom/data_set.h"
#include "dicom/part10_writer.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::archive {

/// For tests: keeps what is written.
class StringSink final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text.append(as_text(bytes));
        return {};
    }
    std::string text;
};

/// For tests: the least data set that every policy stores.
inline dicom::DataSet make_data_set(const std::string& study, const std::string& series,
                                    const std::string& instance) {
    namespace tags = dicom::tags;
    dicom::DataSet data_set;
    data_set.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
    data_set.set_text(tags::SOPInstanceUID, instance);
    data_set.set_text(tags::StudyInstanceUID, study);
    data_set.set_text(tags::SeriesInstanceUID, series);
    data_set.set_text(tags::PatientID, "P1");
    data_set.set_text(tags::PatientName, "Doe^Jane");
    data_set.set_text(tags::Modality, "CT");
    return data_set;
}

inline void set_number(dicom::DataSet& data_set, dicom::Tag tag, std::uint16_t value) {
    dicom::Element element;
    element.tag = tag;
    element.vr = dicom::Vr::US;
    element.bytes = {static_cast<char>(value & 0xFFU), static_cast<char>(value >> 8U)};
    data_set.set(std::move(element));
}

inline void set_pixels(dicom::DataSet& data_set, std::uint16_t rows, std::uint16_t columns, int frames,
                       std::string bytes) {
    namespace tags = dicom::tags;
    set_number(data_set, tags::SamplesPerPixel, 1);
    set_number(data_set, tags::Rows, rows);
    set_number(data_set, tags::Columns, columns);
    set_number(data_set, tags::BitsAllocated, 16);
    data_set.set_text(tags::NumberOfFrames, std::to_string(frames));
    dicom::Element pixels;
    pixels.tag = tags::PixelData;
    pixels.vr = dicom::Vr::OW;
    pixels.bytes = std::move(bytes);
    data_set.set(std::move(pixels));
}

inline std::string to_part10(const dicom::DataSet& data_set,
                             std::string_view transfer_syntax = dicom::kExplicitVrLittleEndian) {
    StringSink sink;
    const Status status = dicom::write_part10(
        {}, data_set, transfer_syntax,
        [](const dicom::Element&) { return Result<std::vector<std::unique_ptr<ByteSource>>>(); }, sink);
    if (!status) throw std::runtime_error("the test's object cannot be written: " + status.error().message);
    return sink.text;
}

/// For tests: an archive over memory and a database file of its own.
class TestArchive {
  public:
    TestArchive() : folder_(std::filesystem::temp_directory_path() / ("archive-" + random_hex(8))) {
        std::filesystem::create_directories(folder_);
        index::DatabaseOptions options;
        options.path = (folder_ / "index.db").string();
        options.synchronous = false;
        database = std::move(*index::open_database(options));
        restart();
    }
    ~TestArchive() {
        archive.reset();
        database = {};
        std::filesystem::remove_all(folder_);
    }
    TestArchive(const TestArchive&) = delete;
    TestArchive& operator=(const TestArchive&) = delete;

    /// A new Archive over `database`, which a test may have changed.
    void restart(ArchiveOptions options = {}) {
        archive.reset();
        archive = std::make_unique<Archive>(blobs, database, options,
                                            *metrics_.emplace_back(std::make_unique<Metrics>()));
    }
    std::vector<StoreOutcome> store(const std::vector<std::string>& objects, StorePolicy policy = {}) {
        StoreBatch batch(*archive, policy);
        for (const std::string& object : objects) {
            batch.begin_instance();
            batch.write(as_bytes(object));
            batch.end_instance();
        }
        return batch.finish();
    }

    blob::MemoryBlobStore memory;
    blob::FaultStore blobs{memory};
    index::Database database;
    std::unique_ptr<Archive> archive;

  private:
    std::filesystem::path folder_;
    std::vector<std::unique_ptr<Metrics>> metrics_;
};

inline index::EntityKey key_of(const std::string& study, const std::string& series = {},
                               const std::string& instance = {}) {
    return {index::kDefaultPartition, StudyUid(study), SeriesUid(series), SopInstanceUid(instance)};
}

/// The object as it is retrieved, or the error's code.
inline std::string stored_bytes(Archive& archive, const index::EntityKey& key) {
    const auto location = archive.locate(key);
    if (!location) return std::string(to_string(location.error().code));
    auto source = archive.open_object((*location)->record);
    if (!source) return std::string(to_string(source.error().code));
    return *read_all(**source, 1U << 28U);
}

/// Blobs that wait for their removal.
inline std::size_t queued(TestArchive& test) {
    return *test.database.removals->size();
}
inline std::size_t blobs_kept(TestArchive& test) {
    return test.memory.list(BlobKey(), 10'000)->size();
}

}  // namespace isocenter::archive
