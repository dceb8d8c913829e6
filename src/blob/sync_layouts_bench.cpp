// Ways to make a group of new files durable with one wait, side by side, alone and together with the log of
// an index; the figures behind docs/decisions/0004-durable-stores.md. Usage: blob_bench FOLDER [ROUNDS]

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct File {
    int descriptor = -1;
    fs::path temporary;
    fs::path folder;
    fs::path final_path;
};

void require(bool done, const char* what) {
    if (done) return;
    std::perror(what);
    std::exit(1);
}

std::vector<File> write_group(const fs::path& root, std::size_t count, const std::string& bytes, bool early) {
    static unsigned serial = 0;
    std::vector<File> files(count);
    for (File& file : files) {
        ++serial;
        char name[3];
        std::snprintf(name, sizeof(name), "%02x", (serial * 37U) & 0xFFU);
        file.temporary = root / "incoming" / std::to_string(serial);
        file.folder = root / "objects" / name;
        file.final_path = file.folder / std::to_string(serial);
        file.descriptor = open(file.temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        require(file.descriptor >= 0, "open");
        require(write(file.descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
                "write");
        if (early)
            require(sync_file_range(file.descriptor, 0, 0, SYNC_FILE_RANGE_WRITE) == 0, "sync_file_range");
    }
    return files;
}

void rename_all(const std::vector<File>& files) {
    for (const File& file : files) {
        require(rename(file.temporary.c_str(), file.final_path.c_str()) == 0, "rename");
    }
}

void sync_folder(const fs::path& folder) {
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(descriptor >= 0 && fsync(descriptor) == 0, "fsync folder");
    close(descriptor);
}

void in_threads(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& job) {
    std::vector<std::thread> pool;
    for (unsigned t = 0; t < threads; ++t) {
        pool.emplace_back([=, &job] {
            for (std::size_t i = t; i < count; i += threads)
                job(i);
        });
    }
    for (std::thread& thread : pool)
        thread.join();
}

void fdatasync_each(const std::vector<File>& files, unsigned threads) {
    in_threads(files.size(), threads,
               [&](std::size_t i) { require(fdatasync(files[i].descriptor) == 0, "fdatasync"); });
    rename_all(files);
    std::set<fs::path> unique;
    for (const File& file : files)
        unique.insert(file.folder);
    const std::vector<fs::path> folders(unique.begin(), unique.end());
    in_threads(folders.size(), threads, [&](std::size_t i) { sync_folder(folders[i]); });
}

void rename_then_syncfs(const std::vector<File>& files, int root) {
    rename_all(files);
    require(syncfs(root) == 0, "syncfs");
}

// Renames are in the journal's running transaction when the first fdatasync commits it, so the others find
// little left to do.
void rename_then_fdatasync(const std::vector<File>& files, unsigned threads) {
    rename_all(files);
    in_threads(files.size(), threads, [&](std::size_t i) {
        require(fdatasync(files[i].descriptor) == 0, "fdatasync");
        sync_folder(files[i].folder);
    });
}

double median_ms(const std::function<void()>& round, int rounds) {
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) {
        const auto start = Clock::now();
        round();
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[static_cast<std::size_t>(rounds) / 2];
}

/// What a database appends to its log for a group, over and over in a file that has its full length.
class Log {
  public:
    explicit Log(const fs::path& path)
        : descriptor_(open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0644)) {
        require(descriptor_ >= 0, "open log");
        while (at_ < kLength)
            append(std::string(kPage * 256, '\0'));
        at_ = 0;
        require(fsync(descriptor_) == 0, "fsync log");
    }
    ~Log() { close(descriptor_); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void append(const std::string& bytes) {
        for (std::size_t done = 0; done < bytes.size(); done += kPage) {
            const std::size_t length = std::min(kPage, bytes.size() - done);
            require(pwrite(descriptor_, bytes.data() + done, length, at_) == static_cast<ssize_t>(length),
                    "write log");
            at_ += static_cast<off_t>(length);
        }
    }
    void append_group(const std::string& extra) {
        if (at_ + static_cast<off_t>(kGroupBytes + extra.size()) > kLength) at_ = 0;
        append(std::string(kGroupBytes, static_cast<char>(++groups_)) + extra);
    }
    void sync() const { require(fdatasync(descriptor_) == 0, "fdatasync log"); }

    static constexpr std::size_t kGroupBytes = 128 * 1024;  ///< one new study

  private:
    static constexpr std::size_t kPage = 4096;
    static constexpr off_t kLength = 64 << 20;
    int descriptor_;
    off_t at_ = 0;
    int groups_ = 0;
};

void close_all(const std::vector<File>& files) {
    for (const File& file : files)
        close(file.descriptor);
}

// Each variant gets its turn in each round: what others write to the disk meanwhile then hits all of them.
void compare_with_log(const fs::path& root, int root_descriptor, const std::string& content, int rounds) {
    Log log(root / "log");
    const auto group = [&] { return write_group(root, 1, content, true); };
    const std::vector<std::pair<const char*, std::function<void()>>> variants{
        {"bc, then fdatasync of the log",
         [&] {
             const auto files = group();
             rename_then_syncfs(files, root_descriptor);
             close_all(files);
             log.append_group({});
             log.sync();
         }},
        {"d1, then fdatasync of the log",
         [&] {
             const auto files = group();
             rename_then_fdatasync(files, 1);
             close_all(files);
             log.append_group({});
             log.sync();
         }},
        {"one syncfs for files and log",
         [&] {
             const auto files = group();
             log.append_group({});
             rename_then_syncfs(files, root_descriptor);
             close_all(files);
         }},
        {"no file: content in the log, fdatasync",
         [&] {
             log.append_group(content);
             log.sync();
         }},
    };
    std::vector<std::vector<double>> times(variants.size());
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < variants.size(); ++i)
            times[i].push_back(median_ms(variants[i].second, 1));
    }
    std::printf("1 file of %zu KB and %zu KB of log\n", content.size() / 1000, Log::kGroupBytes / 1024);
    for (std::size_t i = 0; i < variants.size(); ++i) {
        std::nth_element(times[i].begin(), times[i].begin() + rounds / 2, times[i].end());
        std::printf("  %-48s %8.2f ms\n", variants[i].first, times[i][static_cast<std::size_t>(rounds) / 2]);
    }
}

void compare_layouts(const fs::path& root, int root_descriptor, int rounds) {
    struct Variant {
        const char* name;
        bool early;
        std::function<void(const std::vector<File>&)> commit;
    };
    const std::vector<Variant> variants{
        {"a1 fdatasync each, 1 thread", false, [](const auto& f) { fdatasync_each(f, 1); }},
        {"a4 fdatasync each, 4 threads", false, [](const auto& f) { fdatasync_each(f, 4); }},
        {"b  rename, one syncfs", false, [&](const auto& f) { rename_then_syncfs(f, root_descriptor); }},
        {"bc early write-back, rename, one syncfs", true,
         [&](const auto& f) { rename_then_syncfs(f, root_descriptor); }},
        {"c1 early write-back, fdatasync each, 1 thread", true, [](const auto& f) { fdatasync_each(f, 1); }},
        {"c4 early write-back, fdatasync each, 4 threads", true, [](const auto& f) { fdatasync_each(f, 4); }},
        {"d1 early, rename, fdatasync+folder, 1 thread", true,
         [](const auto& f) { rename_then_fdatasync(f, 1); }},
        {"d8 early, rename, fdatasync+folder, 8 threads", true,
         [](const auto& f) { rename_then_fdatasync(f, 8); }},
    };
    for (const std::size_t bytes : {std::size_t{10'000}, std::size_t{500'000}}) {
        const std::string content(bytes, 'x');
        for (const std::size_t count : {std::size_t{1}, std::size_t{4}, std::size_t{25}}) {
            std::printf("%zu files of %zu KB, written and durable\n", count, bytes / 1000);
            for (const Variant& variant : variants) {
                const double ms = median_ms(
                    [&] {
                        const auto files = write_group(root, count, content, variant.early);
                        variant.commit(files);
                        close_all(files);
                    },
                    rounds);
                std::printf("  %-48s %8.2f ms %8.0f files/s\n", variant.name, ms,
                            1000.0 * static_cast<double>(count) / ms);
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const fs::path root = fs::path(argc > 1 ? argv[1] : ".") / "sync_layouts";
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 31;
    fs::create_directories(root / "incoming");
    for (unsigned i = 0; i < 256; ++i) {
        char name[3];
        std::snprintf(name, sizeof(name), "%02x", i);
        fs::create_directories(root / "objects" / name);
    }
    const int root_descriptor = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(root_descriptor >= 0 && syncfs(root_descriptor) == 0, "root");

    compare_layouts(root, root_descriptor, rounds);
    for (const std::size_t bytes : {std::size_t{10'000}, std::size_t{500'000}})
        compare_with_log(root, root_descriptor, std::string(bytes, 'x'), rounds);
    close(root_descriptor);
    fs::remove_all(root);
}
