#include "app/import_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "base/digest.h"
#include "base/log.h"

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;
using Kind = ImportResult::Kind;

constexpr std::string_view kHeader = "isocenter import journal, target ";

Error cannot(const char* what, const fs::path& path, int code) {
    return fail(ErrorCode::unavailable,
                fmt::format("{} {}: {}", what, path.string(), std::generic_category().message(code)));
}

/// Paths of files may name patients: what is made is for the user alone.
Result<std::shared_ptr<const int>> open_private(const fs::path& path, int flags) {
    const fs::path folder = path.parent_path();
    std::error_code error;
    if (!folder.empty() && !fs::exists(folder, error)) {
        fs::create_directories(folder, error);
        fs::permissions(folder, fs::perms::owner_all, error);
    }
    const int descriptor = ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return cannot("cannot write", path, errno);
    return std::shared_ptr<const int>(new int(descriptor), [](const int* fd) {
        close(*fd);
        delete fd;
    });
}

bool append(int descriptor, const std::string& line) {
    return ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

/// Names of files are bytes, whatever their character set: only what would end the line is written otherwise.
std::string one_line(const std::string& text) {
    std::string line;
    for (const char c : text) {
        if (c == '\n') {
            line += "\\n";
        } else {
            line.append(c == '\\' ? 2 : 1, c);
        }
    }
    return line;
}

std::string line_of(const ImportFile& file) {
    return fmt::format("{} {} {}", file.bytes, file.modified_ns, one_line(file.path.string()));
}

std::vector<std::string> lines_of(const fs::path& path) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        lines.push_back(std::move(line));
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
        case Kind::unreadable:
            return "not readable";
        case Kind::left_out:
            return "left out";
    }
    return "";
}

std::string member_of(const std::string& report_line, const char* pointer) {
    boost::system::error_code error;
    const boost::json::value entry = boost::json::parse(report_line, error);
    if (error) return {};
    const auto* member = entry.find_pointer(pointer, error);
    return member != nullptr && member->is_string() ? std::string(member->as_string().c_str())
                                                    : std::string();
}

bool is_report_line(const std::string& line) {
    return line.find(",\"reason\":") != std::string::npos && !member_of(line, "/file").empty() &&
           !member_of(line, "/result").empty();
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

Result<fs::path> state_folder() {
    // The base directory specification has relative values ignored.
    const fs::path state = variable("XDG_STATE_HOME");
    if (state.is_absolute()) return state;
    const fs::path home = variable("HOME");
    if (home.is_absolute()) return home / ".local" / "state";
    return fail(ErrorCode::invalid_request,
                "there is no HOME to keep the import's journal in: name places with --journal and --report");
}

}  // namespace

Result<ImportPlaces> default_import_places(const std::string& target, const std::string& data_folder,
                                           const std::vector<fs::path>& roots) {
    std::string identity = target;
    for (const fs::path& root : roots)
        identity += '\n' + full_path(root).string();
    constexpr std::size_t kDigits = 16;
    const std::string name = to_hex(sha256(as_bytes(identity))).substr(0, kDigits);
    fs::path folder = fs::path(data_folder) / "imports";
    if (data_folder.empty()) {
        ISO_TRY(const fs::path state, state_folder());
        folder = state / "isocenter" / "imports";
    }
    return ImportPlaces{folder / (name + ".journal"), folder / (name + "-report.jsonl")};
}

Result<ImportJournal> ImportJournal::open(const fs::path& path, const std::string& target) {
    ImportJournal journal;
    if (path.empty()) return journal;
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_regular_file(path, error))
        return fail(ErrorCode::invalid_request, path.string() + " is no import journal");
    journal.path_ = path;
    ISO_TRY(journal.descriptor_, open_private(path, O_RDWR | O_APPEND));
    if (flock(*journal.descriptor_, LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::conflict, "another import is writing the journal " + path.string());
    const std::string header = std::string(kHeader) + one_line(target);
    const std::vector<std::string> lines = lines_of(path);
    if (lines.empty()) {
        if (!append(*journal.descriptor_, header + '\n')) return cannot("cannot write", path, errno);
        return journal;
    }
    if (!lines.front().starts_with(kHeader))
        return fail(ErrorCode::invalid_request, path.string() + " is no import journal");
    if (lines.front() != header)
        return fail(ErrorCode::conflict,
                    fmt::format("the journal {} is that of an import into {}: name another, or remove it to "
                                "import everything",
                                path.string(), lines.front().substr(kHeader.size())));
    journal.lines_.insert(lines.begin() + 1, lines.end());
    return journal;
}

bool ImportJournal::has(const ImportFile& file) const {
    return !lines_.empty() && lines_.contains(line_of(file));
}

void ImportJournal::add(const ImportFile& file) {
    if (descriptor_) append(*descriptor_, line_of(file) + '\n');
}

void ImportJournal::remove() {
    std::error_code error;
    if (descriptor_) fs::remove(path_, error);
    descriptor_.reset();
}

Status ImportReport::check(const fs::path& path) {
    std::error_code error;
    if (path.empty() || !fs::is_regular_file(path, error) || fs::file_size(path, error) == 0) return {};
    // Longer than any line of a report: paths have up to 4096 bytes, each up to six in JSON.
    constexpr std::size_t kHeadBytes = 64 * 1024;
    std::string head(kHeadBytes, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    if (is_report_line(head.substr(0, head.find('\n')))) return {};
    return fail(
        ErrorCode::invalid_request,
        path.string() + " is there and is no import report: it would be overwritten; name another --report");
}

Result<ImportReport> ImportReport::open(const fs::path& path,
                                        const std::function<bool(const std::string& file)>& keep) {
    ImportReport report;
    if (path.empty()) return report;
    ISO_CHECK(check(path));
    report.path_ = path;
    std::string kept;
    std::error_code error;
    const bool is_file = fs::is_regular_file(path, error);
    if (is_file) {
        for (const std::string& line : lines_of(path))
            if (keep(member_of(line, "/file"))) kept += line + '\n';
    }
    ISO_TRY(report.descriptor_, open_private(path, O_WRONLY | O_APPEND | (is_file ? O_TRUNC : 0)));
    if (!append(*report.descriptor_, kept)) return cannot("cannot write", path, errno);
    return report;
}

void ImportReport::add(const fs::path& file, const ImportResult& result) {
    if (!descriptor_) return;
    const std::string line =
        fmt::format("{{\"file\":{},\"result\":\"{}\",\"reason\":{}}}\n", json_quote(file.string()),
                    name_of(result.kind), json_quote(result.reason));
    if (!append(*descriptor_, line)) lost_ = true;
}

Status ImportReport::finish() {
    if (!descriptor_) return {};
    struct stat status {};
    const bool is_empty_file =
        fstat(*descriptor_, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
    std::error_code error;
    if (is_empty_file) fs::remove(path_, error);
    descriptor_.reset();
    if (lost_) return fail(ErrorCode::unavailable, "the report is not complete: " + path_.string());
    return {};
}

}  // namespace isocenter::app
