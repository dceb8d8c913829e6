#include "app/import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "app/import_journal.h"
#include "app/import_walk.h"
#include "app/progress.h"
#include "dicom/byte_order.h"
#include "dicom/value_rules.h"

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;
using Kind = ImportResult::Kind;

/// The preamble and the magic of PS3.10 7.1.
constexpr std::size_t kMagicEnd = 132;

/// The beginning of the file, where the media storage SOP class stands.
Result<std::string> head_of(const fs::path& file) {
    constexpr std::size_t kHeadBytes = 1024;
    ISO_TRY(const auto source, FileSource::open(file));
    std::array<std::byte, kHeadBytes> head{};
    std::size_t size = 0;
    while (size < head.size()) {
        ISO_TRY(const std::size_t n, source->read(MutableBytes(head).subspan(size)));
        if (n == 0) break;
        size += n;
    }
    return std::string(as_text(ByteView(head).first(size)));
}

/// (0002,0002) of a file's head, empty when it is not found there.
std::string_view media_storage_sop_class(std::string_view head) {
    constexpr std::size_t kShortHeader = 8;  // tag, VR, length: PS3.5 7.1.2
    constexpr std::size_t kLongHeader = 12;
    head.remove_prefix(kMagicEnd);
    while (head.size() >= kLongHeader && dicom::read_u16(as_bytes(head), false) == 2) {
        const unsigned element = dicom::read_u16(as_bytes(head.substr(2)), false);
        const bool is_long = head.substr(4, 2) == "OB";
        const std::size_t length = is_long ? dicom::read_u32(as_bytes(head.substr(8)), false)
                                           : dicom::read_u16(as_bytes(head.substr(6)), false);
        head.remove_prefix(is_long ? kLongHeader : kShortHeader);
        if (element == 2) return dicom::bare_uid(head.substr(0, length));
        head.remove_prefix(std::min(length, head.size()));
    }
    return {};
}

ImportResult import_file(const ImportFile& file, ImportTarget& target) {
    constexpr std::string_view kMediaStorageDirectory = "1.2.840.10008.1.3.10";
    const Result<std::string> head = head_of(file.path);
    if (!head) return {Kind::unreadable, head.error().message};
    if (head->size() < kMagicEnd || !head->substr(0, kMagicEnd).ends_with("DICM"))
        return {Kind::not_dicom, "no DICM at byte 128"};
    if (media_storage_sop_class(*head) == kMediaStorageDirectory)
        return {Kind::left_out, "the directory of a medium (DICOMDIR), no instance"};
    return target.store(file.path, file.bytes);
}

/// The state that the worker threads share.
class Import {
  public:
    Import(const ImportOptions& options, FoundFiles found, ImportJournal journal)
        : options_(options), files_(std::move(found.files)), journal_(std::move(journal)) {
        std::erase_if(files_, [&](const ImportFile& file) {
            const bool finished = journal_.has(file);
            if (finished) finished_.insert(file.path.string());
            return finished;
        });
        summary_.skipped = finished_.size();
        for (const ImportFile& file : files_)
            summary_.bytes += file.bytes;
        summary_.files = files_.size();
        passed_over_ = std::move(found.passed_over);
    }

    /// A run that goes on keeps what the one before said of the files it does not look at again.
    Status open_report() {
        ISO_TRY(report_, ImportReport::open(options_.report, [&](const std::string& file) {
                    return finished_.contains(file);
                }));
        for (const PassedOver& each : passed_over_) {
            count(each.result.kind);
            report_.add(each.path, each.result);
        }
        return {};
    }

    void work(ImportTarget& target) {
        for (std::size_t i = next_++; i < files_.size(); i = next_++)
            record(files_[i], import_file(files_[i], target));
    }

    Result<ImportSummary> finish() {
        print_progress(true);
        summary_.seconds = elapsed().count();
        if (summary_.complete()) journal_.remove();
        ISO_CHECK(report_.finish());
        return summary_;
    }

  private:
    std::chrono::duration<double> elapsed() const { return std::chrono::steady_clock::now() - start_; }

    void count(Kind kind) {
        switch (kind) {
            case Kind::stored:
                ++summary_.stored;
                break;
            case Kind::already_there:
                ++summary_.already_there;
                break;
            case Kind::refused:
                ++summary_.refused;
                break;
            case Kind::not_dicom:
                ++summary_.not_dicom;
                break;
            case Kind::unreachable:
                ++summary_.unreachable;
                break;
            case Kind::unreadable:
                ++summary_.unreadable;
                break;
            case Kind::left_out:
                ++summary_.left_out;
                break;
        }
    }

    void record(const ImportFile& file, const ImportResult& result) {
        const std::scoped_lock lock(mutex_);
        count(result.kind);
        const bool is_in = result.kind == Kind::stored || result.kind == Kind::already_there;
        if (is_in && !result.reason.empty()) ++summary_.with_warning;
        if (is_in || result.kind == Kind::not_dicom || result.kind == Kind::left_out) journal_.add(file);
        if (!is_in || !result.reason.empty()) report_.add(file.path, result);
        done_bytes_ += file.bytes;
        ++done_files_;
        print_progress(false);
    }

    void print_progress(bool last) {
        if (!options_.progress || (!last && !display_.is_due())) return;
        display_.print(progress_line(done_files_, summary_.files, done_bytes_, summary_.bytes, elapsed()),
                       last);
    }

    const ImportOptions& options_;
    std::vector<ImportFile> files_;
    std::vector<PassedOver> passed_over_;
    std::unordered_set<std::string> finished_;  ///< paths that an earlier run was done with
    std::atomic<std::size_t> next_{0};
    std::mutex mutex_;
    ImportSummary summary_;
    std::uint64_t done_files_ = 0;
    std::uint64_t done_bytes_ = 0;
    ImportJournal journal_;
    ImportReport report_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    ProgressDisplay display_;
};

}  // namespace

Result<ImportSummary> run_import(const ImportOptions& options, const ImportTargetFactory& make_target) {
    if (!options.report.empty() && full_path(options.report) == full_path(options.journal))
        return fail(ErrorCode::invalid_request,
                    "journal and report cannot be one file: " + options.report.string());
    ISO_CHECK(ImportReport::check(options.report));
    ISO_TRY(FoundFiles found, find_files(options.roots, options.hidden_folders));
    ISO_TRY(ImportJournal journal, ImportJournal::open(options.journal, options.target));
    std::vector<std::unique_ptr<ImportTarget>> targets;
    for (unsigned i = 0; i < std::max(options.parallel, 1U); ++i) {
        ISO_TRY(std::unique_ptr<ImportTarget> target, make_target());
        targets.push_back(std::move(target));
    }
    Import import(options, std::move(found), std::move(journal));
    ISO_CHECK(import.open_report());
    std::vector<std::jthread> workers;
    workers.reserve(targets.size());
    for (const auto& target : targets)
        workers.emplace_back([&import, &target] { import.work(*target); });
    workers.clear();
    return import.finish();
}

}  // namespace isocenter::app
