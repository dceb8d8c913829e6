#include "app/import.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "app/import_progress.h"
#include "base/log.h"

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;
using Kind = ImportResult::Kind;

struct Candidate {
    fs::path path;
    std::uint64_t bytes = 0;
    std::string journal_line;  ///< size, time and path: changes when the file does
};

Candidate make_candidate(const fs::path& path) {
    std::error_code error;
    const std::uint64_t bytes = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    return {path, error ? 0 : bytes, fmt::format("{} {} {}", bytes, time, fs::absolute(path).string())};
}

bool is_hidden(const fs::path& path) {
    return path.filename().string().rfind('.', 0) == 0;
}

Result<std::vector<Candidate>> collect(const std::vector<fs::path>& roots) {
    std::vector<Candidate> found;
    for (const fs::path& root : roots) {
        std::error_code error;
        if (fs::is_regular_file(root, error)) {
            found.push_back(make_candidate(root));
            continue;
        }
        fs::recursive_directory_iterator walk(root, fs::directory_options::skip_permission_denied, error);
        if (error)
            return fail(ErrorCode::invalid_request, fmt::format("{}: {}", root.string(), error.message()));
        for (; walk != fs::recursive_directory_iterator(); walk.increment(error)) {
            const bool hidden = is_hidden(walk->path());
            std::error_code dangling;
            if (hidden && walk->is_directory(dangling)) walk.disable_recursion_pending();
            if (!hidden && walk->is_regular_file(dangling)) found.push_back(make_candidate(walk->path()));
        }
        // The walk ends at an error: to go on without the rest would look like a complete import.
        if (error) return fail(ErrorCode::unavailable, fmt::format("{}: {}", root.string(), error.message()));
    }
    return found;
}

bool looks_like_dicom(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return true;  // the target reports why it cannot be read
    std::array<char, 4> magic{};
    const ssize_t n = pread(descriptor, magic.data(), magic.size(), 128);
    close(descriptor);
    return n == 4 && std::string_view(magic.data(), 4) == "DICM";
}

std::unordered_set<std::string> read_journal(const fs::path& journal) {
    std::unordered_set<std::string> lines;
    std::ifstream file(journal);
    for (std::string line; std::getline(file, line);)
        lines.insert(line);
    return lines;
}

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::stored:
            return "stored";
        case Kind::already_there:
            return "already there";
        case Kind::refused:
            return "refused";
        case Kind::not_dicom:
            return "not DICOM";
        case Kind::unreachable:
            return "not reached";
    }
    return "";
}

/// The state that the worker threads share.
class Import {
  public:
    Import(const ImportOptions& options, std::vector<Candidate> candidates)
        : options_(options), candidates_(std::move(candidates)) {
        const auto finished =
            options.journal.empty() ? std::unordered_set<std::string>{} : read_journal(options.journal);
        summary_.skipped =
            std::erase_if(candidates_, [&](const Candidate& c) { return finished.contains(c.journal_line); });
        for (const Candidate& c : candidates_)
            summary_.bytes += c.bytes;
        summary_.files = candidates_.size();
        if (!options.journal.empty()) journal_.open(options.journal, std::ios::app);
        // A run that goes on keeps what the first one had to say about the files it skips.
        std::error_code error;
        if (finished.empty() && fs::is_regular_file(fs::symlink_status(options.report, error)))
            fs::remove(options.report, error);
    }

    void work(ImportTarget& target) {
        for (std::size_t i = next_++; i < candidates_.size(); i = next_++) {
            const Candidate& candidate = candidates_[i];
            const ImportResult result = looks_like_dicom(candidate.path)
                                            ? target.store(candidate.path, candidate.bytes)
                                            : ImportResult{Kind::not_dicom, "no DICM at byte 128"};
            record(candidate, result);
        }
    }

    ImportSummary finish() {
        print_progress(true);
        summary_.seconds = elapsed().count();
        return summary_;
    }

  private:
    std::chrono::duration<double> elapsed() const { return std::chrono::steady_clock::now() - start_; }

    void record(const Candidate& candidate, const ImportResult& result) {
        const std::scoped_lock lock(mutex_);
        switch (result.kind) {
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
        }
        const bool finished = result.kind != Kind::unreachable && result.kind != Kind::refused;
        if (finished && journal_.is_open()) journal_ << candidate.journal_line << '\n' << std::flush;
        const bool worth_reporting = result.kind != Kind::stored && result.kind != Kind::already_there;
        if (worth_reporting && !options_.report.empty()) {
            if (!report_.is_open()) report_.open(options_.report, std::ios::app);
            report_ << fmt::format(R"({{"file":{},"result":"{}","reason":{}}})",
                                   json_quote(candidate.path.string()), name_of(result.kind),
                                   json_quote(result.reason))
                    << '\n';
        }
        done_bytes_ += candidate.bytes;
        ++done_files_;
        print_progress(false);
    }

    void print_progress(bool last) {
        if (!options_.progress) return;
        const auto now = std::chrono::steady_clock::now();
        const bool terminal = isatty(STDERR_FILENO) != 0;
        if (!last && now - printed_ < (terminal ? std::chrono::milliseconds(200) : std::chrono::seconds(5)))
            return;
        printed_ = now;
        const std::string line =
            progress_line(done_files_, summary_.files, done_bytes_, summary_.bytes, elapsed());
        std::fprintf(stderr, terminal ? "\r\033[K%s%s" : "%s%s", line.c_str(), terminal && !last ? "" : "\n");
    }

    const ImportOptions& options_;
    std::vector<Candidate> candidates_;
    std::atomic<std::size_t> next_{0};
    std::mutex mutex_;
    ImportSummary summary_;
    std::uint64_t done_files_ = 0;
    std::uint64_t done_bytes_ = 0;
    std::ofstream journal_;
    std::ofstream report_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point printed_ = start_;
};

}  // namespace

Result<ImportSummary> run_import(const ImportOptions& options, const ImportTargetFactory& make_target) {
    ISO_TRY(std::vector<Candidate> candidates, collect(options.roots));
    std::vector<std::unique_ptr<ImportTarget>> targets;
    for (unsigned i = 0; i < std::max(options.parallel, 1U); ++i) {
        ISO_TRY(std::unique_ptr<ImportTarget> target, make_target());
        targets.push_back(std::move(target));
    }
    Import import(options, std::move(candidates));
    std::vector<std::jthread> workers;
    for (const auto& target : targets)
        workers.emplace_back([&import, &target] { import.work(*target); });
    workers.clear();
    return import.finish();
}

}  // namespace isocenter::app
