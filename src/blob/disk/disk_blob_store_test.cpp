#include "blob/disk/disk_blob_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "blob/contract_test.h"

namespace isocenter::blob {
namespace {

namespace fs = std::filesystem;

class DiskFixture {
  public:
    explicit DiskFixture(SyncMode sync = SyncMode::filesystem)
        : folder_(fs::temp_directory_path() / ("blob-" + random_hex(8))), sync_(sync) {
        reopen();
    }
    ~DiskFixture() {
        store_.reset();
        fs::remove_all(folder_);
    }
    DiskFixture(const DiskFixture&) = delete;
    DiskFixture& operator=(const DiskFixture&) = delete;

    BlobStore& store() { return *store_; }
    void reopen() {
        store_.reset();
        StoreOptions options;
        options.folder = folder_.string();
        options.sync = sync_;
        options.open_files = 16;
        store_ = std::move(*open_store(options));
    }
    const fs::path& folder() const { return folder_; }

  private:
    fs::path folder_;
    SyncMode sync_;
    std::unique_ptr<BlobStore> store_;
};

struct EachFileFixture : DiskFixture {
    EachFileFixture() : DiskFixture(SyncMode::files) {}
};

BlobKey put(BlobStore& store, const std::string& text) {
    auto writer = std::move(*store.create(make_key()));
    EXPECT_TRUE(writer->write(as_bytes(text)).ok());
    BlobWriter* const raw = writer.get();
    EXPECT_TRUE(store.commit({&raw, 1}).front().ok());
    return raw->key();
}

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(DiskBlobStore, GivesFileSlicesThatShareADescriptor) {
    DiskFixture fixture;
    const BlobKey key = put(fixture.store(), "0123456789");
    const auto first = fixture.store().open(key, {2, 3});
    const auto second = fixture.store().open(key, {5, 5});
    ASSERT_TRUE((*first)->as_file_slice().has_value());
    EXPECT_EQ((*first)->as_file_slice()->range, (ByteRange{2, 3}));
    EXPECT_EQ(*(*first)->as_file_slice()->descriptor, *(*second)->as_file_slice()->descriptor);
    EXPECT_EQ((*second)->remaining(), 5U);
}

TEST(DiskBlobStore, ManyObjectsDoNotKeepManyDescriptors) {
    DiskFixture fixture;
    std::vector<BlobKey> keys;
    for (int i = 0; i < 100; ++i)
        keys.push_back(put(fixture.store(), std::to_string(i)));
    const std::size_t before = files_in("/proc/self/fd");
    for (const BlobKey& key : keys)
        EXPECT_TRUE(fixture.store().open(key, {0, 1}).ok());
    EXPECT_LE(files_in("/proc/self/fd"), before + 16);
}

/// Descriptors that are open now stay, and there are no others: numbers between theirs are taken, since an
/// evicted descriptor beyond a gap would be of no use under the limit.
class NoMoreDescriptors {
  public:
    NoMoreDescriptors() {
        int highest = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
            highest = std::max(highest, std::stoi(entry.path().filename()));
        while (taken_.empty() || taken_.back() <= highest)
            taken_.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit tight{static_cast<rlim_t>(taken_.back()) + 1, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &tight);
    }
    ~NoMoreDescriptors() {
        ::setrlimit(RLIMIT_NOFILE, &before_);
        for (const int descriptor : taken_)
            ::close(descriptor);
    }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

  private:
    std::vector<int> taken_;
    rlimit before_{};
};

template <class Fixture>
void expect_that_the_cache_gives_way() {
    Fixture fixture;
    std::vector<BlobKey> keys;
    for (int i = 0; i < 64; ++i)
        keys.push_back(put(fixture.store(), std::to_string(i)));
    const auto read_some = [&] {
        for (std::size_t i = 1; i < 32; ++i)
            EXPECT_TRUE(fixture.store().open(keys[i], {0, 1}).ok());
    };
    const auto held = fixture.store().open(keys[0], {0, 1});
    read_some();
    {
        const NoMoreDescriptors none;
        EXPECT_TRUE(fixture.store().open(keys[40], {0, 1}).ok());
    }
    read_some();
    {
        const NoMoreDescriptors none;
        EXPECT_TRUE(fixture.store().check().ok());
    }
    read_some();
    {
        const NoMoreDescriptors none;
        put(fixture.store(), "new");
    }
    std::array<std::byte, 1> first{};
    EXPECT_EQ(*(*held)->read(first), 1U) << "what is being read stays open";
}

TEST(DiskBlobStore, WithoutDescriptorsTheCacheGivesWay) {
    expect_that_the_cache_gives_way<DiskFixture>();
    expect_that_the_cache_gives_way<EachFileFixture>();
}

TEST(DiskBlobStore, StartRemovesWhatAKilledProcessLeft) {
    DiskFixture fixture;
    const BlobKey kept = put(fixture.store(), "kept");
    std::ofstream(fixture.folder() / "incoming" / "0123456789abcdef0123456789abcdef") << "half";
    fixture.reopen();
    EXPECT_EQ(files_in(fixture.folder() / "incoming"), 0U);
    EXPECT_EQ(*fixture.store().size(kept), 4U);
}

TEST(DiskBlobStore, ASecondProcessLeavesUploadsOfTheFirstAlone) {
    DiskFixture fixture;
    auto writer = std::move(*fixture.store().create(make_key()));
    ASSERT_TRUE(writer->write(as_bytes("being written")).ok());
    StoreOptions options;
    options.folder = fixture.folder().string();
    const auto second = open_store(options);
    ASSERT_TRUE(second.ok());
    BlobWriter* const raw = writer.get();
    ASSERT_TRUE(fixture.store().commit({&raw, 1}).front().ok());
    EXPECT_EQ(*(*second)->size(raw->key()), 13U);
}

/// A folder of its own on the file system that is in memory.
class OtherFileSystem {
  public:
    OtherFileSystem() : path_(fs::path("/dev/shm") / ("blob-" + random_hex(8))) {
        std::error_code ignored;
        fs::create_directories(path_, ignored);
    }
    ~OtherFileSystem() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    OtherFileSystem(const OtherFileSystem&) = delete;
    OtherFileSystem& operator=(const OtherFileSystem&) = delete;

    const fs::path& path() const { return path_; }
    bool is_another() const {
        struct stat here {};
        struct stat there {};
        return ::stat(fs::temp_directory_path().c_str(), &here) == 0 && ::stat(path_.c_str(), &there) == 0 &&
               here.st_dev != there.st_dev;
    }

  private:
    fs::path path_;
};

TEST(DiskBlobStore, PartsOnAnotherFileSystemAreRefusedByName) {
    const OtherFileSystem other;
    if (!other.is_another()) GTEST_SKIP() << "there is one file system only";
    for (const std::string linked : {"objects", "objects/7f", "incoming"}) {
        const DiskFixture fixture;
        fs::remove_all(fixture.folder() / linked);
        fs::create_directory_symlink(other.path(), fixture.folder() / linked);
        StoreOptions options;
        options.folder = fixture.folder().string();
        const auto opened = open_store(options);
        ASSERT_FALSE(opened.ok()) << linked;
        EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
        EXPECT_NE(opened.error().message.find(linked == "incoming" ? "objects and incoming"
                                                                   : linked + " and incoming"),
                  std::string::npos)
            << opened.error().message;
    }
}

// syncfs itself cannot be seen from here; its descriptor can.
TEST(DiskBlobStore, WhatIsSyncedIsTheFileSystemOfTheObjects) {
    const OtherFileSystem other;
    if (!other.is_another()) GTEST_SKIP() << "there is one file system only";
    const DiskFixture unused;
    const fs::path folder = unused.folder() / "linked";
    fs::create_directories(folder);
    for (const char* name : {"objects", "incoming"}) {
        fs::create_directory(other.path() / name);
        fs::create_directory_symlink(other.path() / name, folder / name);
    }
    StoreOptions options;
    options.folder = folder.string();
    const auto store = open_store(options);
    ASSERT_TRUE(store.ok()) << store.error().message;
    put(**store, "far away");
    std::vector<fs::path> held;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        held.push_back(fs::read_symlink(entry.path(), gone));
    }
    EXPECT_NE(std::ranges::find(held, other.path() / "objects"), held.end());
    EXPECT_EQ(std::ranges::find(held, folder), held.end());
}

TEST(DiskBlobStore, AFullDiskIsReportedAndCleanedUp) {
    DiskFixture fixture;
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{100'000, old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    {
        auto writer = std::move(*fixture.store().create(make_key()));
        const Status status = writer->write(as_bytes(std::string(300'000, 'x')));
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code, ErrorCode::unavailable);
        BlobWriter* const raw = writer.get();
        EXPECT_FALSE(fixture.store().commit({&raw, 1}).front().ok());
    }
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_EQ(files_in(fixture.folder() / "incoming"), 0U);
    EXPECT_TRUE(fixture.store().list(BlobKey(), 10)->empty());
}

TEST(DiskBlobStore, AFileThatIsLostFailsNoOther) {
    for (const SyncMode sync : {SyncMode::filesystem, SyncMode::files}) {
        DiskFixture fixture(sync);
        auto good = std::move(*fixture.store().create(make_key()));
        const BlobKey lost_key = make_key();
        auto lost = std::move(*fixture.store().create(lost_key));
        auto other = std::move(*fixture.store().create(make_key()));
        fs::remove(fixture.folder() / "incoming" / lost_key.str().substr(3));
        const std::array<BlobWriter*, 3> all{good.get(), lost.get(), other.get()};
        const std::vector<Status> statuses = fixture.store().commit(all);
        EXPECT_TRUE(statuses[0].ok());
        EXPECT_EQ(statuses[1].error().code, ErrorCode::unavailable);
        EXPECT_TRUE(statuses[2].ok());
        std::vector<BlobKey> kept{good->key(), other->key()};
        std::sort(kept.begin(), kept.end());
        EXPECT_EQ(*fixture.store().list(BlobKey(), 10), kept);
    }
}

TEST(DiskBlobStore, AFolderThatCannotBeSyncedTakesBackWhatWasShown) {
    // Not for root, who may open any folder.
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP();
    {
        DiskFixture fixture(SyncMode::files);
        const std::string name = random_hex(15);
        auto good = std::move(*fixture.store().create(BlobKey("aa/aa" + name)));
        auto lost = std::move(*fixture.store().create(BlobKey("bb/bb" + name)));
        const fs::path folder = fixture.folder() / "objects" / lost->key().str().substr(0, 2);
        // Written and entered, but not opened for reading: the rename passes, the sync does not.
        fs::permissions(folder, fs::perms::owner_write | fs::perms::owner_exec);
        const std::array<BlobWriter*, 2> both{good.get(), lost.get()};
        const std::vector<Status> statuses = fixture.store().commit(both);
        fs::permissions(folder, fs::perms::owner_all);
        EXPECT_TRUE(statuses[0].ok());
        EXPECT_EQ(statuses[1].error().code, ErrorCode::unavailable);
        EXPECT_EQ(*fixture.store().list(BlobKey(), 10), std::vector{good->key()});
    }
    if (::getuid() == 0) {
        ASSERT_EQ(::seteuid(0), 0);
    }
}

TEST(DiskBlobStore, AFolderIsReadOnceForAllCallsThatWalkThroughIt) {
    DiskFixture fixture;
    const fs::path folder = fixture.folder() / "objects" / "7f";
    const fs::path away = fixture.folder() / "away";
    std::vector<BlobKey> keys;
    for (int i = 0; i < 5; ++i) {
        const std::string name = "7f" + random_hex(15);
        std::ofstream(folder / name) << "x";
        keys.emplace_back("7f/" + name);
    }
    const BlobKey later("80/80" + random_hex(15));
    std::ofstream(fixture.folder() / "objects" / later.str()) << "x";
    std::sort(keys.begin(), keys.end());
    const auto from = [&](std::ptrdiff_t first, std::ptrdiff_t end) {
        return std::vector<BlobKey>(keys.begin() + first, keys.begin() + end);
    };
    EXPECT_EQ(*fixture.store().list(BlobKey(), 2), from(0, 2));
    fs::rename(folder, away);
    EXPECT_EQ(*fixture.store().list(keys[1], 2), from(2, 4)) << "without a look at the folder";
    EXPECT_EQ(*fixture.store().list(keys[3], 9), (std::vector{keys[4], later}));
    EXPECT_FALSE(fixture.store().list(BlobKey(), 2).ok()) << "another walk looks";
    fs::rename(away, folder);
    EXPECT_EQ(*fixture.store().list(BlobKey(), 3), from(0, 3));
    EXPECT_EQ(*fixture.store().list(keys[1], 2), from(2, 4)) << "where no walk has been";
}

TEST(DiskBlobStore, AFileThatShrankIsCorrupt) {
    DiskFixture fixture;
    const BlobKey key = put(fixture.store(), "0123456789");
    auto source = std::move(*fixture.store().open(key, {0, 10}));
    fs::resize_file(fixture.folder() / "objects" / key.str(), 4);
    EXPECT_EQ(read_all(*source, 100).error().code, ErrorCode::corrupt);
}

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Disk, BlobStoreContract, DiskFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(DiskEachFile, BlobStoreContract, EachFileFixture);

}  // namespace isocenter::blob
