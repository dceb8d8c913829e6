// Fills an index and times its searches, small and full: index_bench [studies] [instances a study] [folder]
// [unsynced]. Prints medians in microseconds. Defaults: 20,000 studies of 50 instances, a temporary folder.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "dicom/tags.h"
#include "index/registry.h"

namespace {

using namespace isocenter;
namespace tags = dicom::tags;
using Clock = std::chrono::steady_clock;

double micros(Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
}

template <class T>
T expect(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "failed: %s %s\n", result.error().message.c_str(),
                     result.error().detail.c_str());
        std::exit(1);
    }
    return std::move(*result);
}

// The same every run: what study number n holds.
struct Study {
    explicit Study(int number) : random(static_cast<unsigned>(number) * 7919U + 1U) {
        uid = "1.2.840.113619.2.55." + std::to_string(number) + "." + std::to_string(random());
        patient_id = "PAT" + std::to_string(100000 + number / 2);
        patient_name = word() + "^" + word();
        const int day = number % 3650;
        char text[32];
        std::snprintf(text, sizeof text, "%04d%02d%02d", 2015 + day / 365, 1 + (day % 365) / 31,
                      1 + (day % 365) % 28);
        date = text;
        accession = "ACC" + std::to_string(number);
        modality = number % 200 == 0 ? "PT" : number % 3 == 0 ? "MR" : "CT";
    }
    std::string word() {
        static const char* const kSyllables[] = {"ka",  "ro", "mi",  "ten", "sol", "ber", "lin",
                                                 "sta", "vo", "dri", "ma",  "nu",  "el",  "fri",
                                                 "gar", "hu", "jo",  "pe",  "qua", "zim"};
        std::string made;
        for (int i = 0; i < 4; ++i)
            made += kSyllables[random() % 20];
        made[0] = static_cast<char>(made[0] - 'a' + 'A');
        return made;
    }
    std::mt19937 random;
    std::string uid, patient_id, patient_name, date, accession, modality;
};

std::string document_of(const Study& study, const std::string& uid, int number) {
    std::string json =
        R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]},)";
    json += R"("00080018":{"vr":"UI","Value":[")" + uid + R"("]},"00080020":{"vr":"DA","Value":[")" +
            study.date + R"("]},)";
    json += R"("00080060":{"vr":"CS","Value":["CT"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":")" +
            study.patient_name;
    json += R"("}]},"00100020":{"vr":"LO","Value":[")" + study.patient_id +
            R"("]},"0020000D":{"vr":"UI","Value":[")" + study.uid;
    json += R"("]},"00200013":{"vr":"IS","Value":[)" + std::to_string(number) +
            R"(]},"00200032":{"vr":"DS","Value":[-170.5,-160.25,)";
    json += std::to_string(number * 5) + R"(]},"7FE00010":{"vr":"OW","BulkDataURI":"7FE00010"})";
    for (int i = 0; i < 30; ++i) {
        json += R"(,"0018)" + std::to_string(1000 + i * 10) + R"(":{"vr":"DS","Value":[)" +
                std::to_string(i * number % 977) + "]}";
    }
    return json + "}";
}

std::vector<index::NewInstance> instances_of(int number, int count) {
    Study study(number);
    std::vector<index::NewInstance> made;
    for (int i = 0; i < count; ++i) {
        index::NewInstance one;
        const int series = i * 2 / count;
        const std::string series_uid = study.uid + "." + std::to_string(series);
        const std::string uid = series_uid + "." + std::to_string(study.random()) + "." + std::to_string(i);
        one.key = {index::kDefaultPartition, StudyUid(study.uid), SeriesUid(series_uid), SopInstanceUid(uid)};
        one.attributes = {{tags::StudyDate, study.date},
                          {tags::StudyTime, "101500"},
                          {tags::AccessionNumber, study.accession},
                          {tags::PatientName, study.patient_name},
                          {tags::PatientID, study.patient_id},
                          {tags::PatientSex, "F"},
                          {tags::StudyDescription, "CT CHEST"},
                          {tags::Modality, study.modality},
                          {tags::SeriesNumber, std::to_string(series + 1)},
                          {tags::SeriesDescription, "Thorax 5.0"},
                          {tags::InstanceNumber, std::to_string(i + 1)}};
        one.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
        one.transfer_syntax = "1.2.840.10008.1.2.1";
        one.frames = 1;
        char blob[64];
        std::snprintf(blob, sizeof blob, "%02x/%08x%08x%016x", static_cast<unsigned>(study.random() & 255U),
                      static_cast<unsigned>(study.random()), static_cast<unsigned>(study.random()),
                      number * 1000 + i);
        one.blob = BlobKey(blob);
        one.size_bytes = 526000;
        one.document = document_of(study, uid, i);
        one.layout.assign(60, static_cast<char>(i));
        made.push_back(std::move(one));
    }
    return made;
}

void fill(index::Index& index, int from, int to, int count) {
    if (from == to) return;
    std::vector<double> times;
    const auto start = Clock::now();
    for (int number = from; number < to; ++number) {
        const auto given = instances_of(number, count);
        const auto before = Clock::now();
        expect(index.add(given));
        times.push_back(micros(Clock::now() - before));
    }
    std::printf("add: %d studies of %d instances in %.1f s, median %.0f us a commit, %.1f us an instance\n",
                to - from, count, micros(Clock::now() - start) / 1e6, median(times), median(times) / count);
}

std::size_t search(index::Index& index, const dicom::Query& query) {
    std::size_t rows = 0;
    expect(index.search(query, [&](index::SearchRow&&) -> Status {
        ++rows;
        return {};
    }));
    return rows;
}

void time_search(index::Index& index, const char* name, const dicom::Query& query) {
    std::vector<double> times;
    std::size_t rows = 0;
    for (int i = 0; i < 21; ++i) {
        const auto before = Clock::now();
        rows = search(index, query);
        times.push_back(micros(Clock::now() - before));
    }
    std::printf("  %-44s %6zu rows %10.0f us\n", name, rows, median(times));
}

dicom::Query with(dicom::Tag tag, dicom::Match match, dicom::Level level = dicom::Level::study) {
    dicom::Query query;
    query.level = level;
    query.matchers = {{tag, std::nullopt, std::move(match)}};
    return query;
}

void time_names(index::Index& index, Study& middle) {
    using dicom::MatchName;
    time_search(index, "name, prefix",
                with(tags::PatientName, MatchName{{middle.patient_name.substr(0, 7) + "*"}}));
    time_search(index, "name, infix of 6",
                with(tags::PatientName, MatchName{{"*" + middle.patient_name.substr(2, 6) + "*"}}));
    time_search(index, "name, frequent infix of 3", with(tags::PatientName, MatchName{{"*zim*"}}));
    time_search(index, "name, infix of 2", with(tags::PatientName, MatchName{{"*qu*"}}));
    time_search(index, "name, infix without match", with(tags::PatientName, MatchName{{"*wxyw*"}}));
    time_search(index, "name, fuzzy words",
                with(tags::PatientName, dicom::MatchNameWords{{middle.patient_name.substr(0, 6)}, true}));
    time_search(index, "name, whole value", with(tags::PatientName, MatchName{{middle.patient_name}, true}));
}

void time_all(index::Index& index, int studies) {
    Study middle(studies / 2);
    std::printf("searches at %d studies\n", studies);
    time_search(index, "StudyInstanceUID", with(tags::StudyInstanceUID, dicom::MatchUid{{middle.uid}}));
    time_search(index, "PatientID", with(tags::PatientID, dicom::MatchText{{middle.patient_id}}));
    time_search(index, "PatientID, no case",
                with(tags::PatientID, dicom::MatchText{{middle.patient_id}, false}));
    time_search(index, "AccessionNumber", with(tags::AccessionNumber, dicom::MatchText{{middle.accession}}));
    dicom::Query page;
    time_search(index, "100 newest", page);
    page.want_document = true;
    time_search(index, "100 newest with documents", page);
    page.want_document = false;
    page.offset = static_cast<std::uint64_t>(std::min(10000, studies / 2));
    time_search(index, "100 at offset 10,000 (or half)", page);
    time_search(index, "StudyDate, 2 days",
                with(tags::StudyDate, dicom::MatchRange{middle.date, middle.date}));
    time_search(index, "StudyDate, 10 years",
                with(tags::StudyDate, dicom::MatchRange{"20150101", "20241231"}));
    time_names(index, middle);
    time_search(index, "ModalitiesInStudy CT", with(tags::ModalitiesInStudy, dicom::MatchText{{"CT"}}));
    time_search(index, "ModalitiesInStudy PT (rare)",
                with(tags::ModalitiesInStudy, dicom::MatchText{{"PT"}}));
    time_search(index, "StudyDescription, no index, all match",
                with(tags::StudyDescription, dicom::MatchWildcard{{"*CHEST*"}}));
    time_search(index, "StudyDescription, no index, none matches",
                with(tags::StudyDescription, dicom::MatchWildcard{{"*x*"}}));
    auto members = with(tags::StudyInstanceUID, dicom::MatchUid{{middle.uid}}, dicom::Level::series);
    members.order = dicom::Query::Order::by_number;
    time_search(index, "series of a study", members);
    members.level = dicom::Level::instance;
    time_search(index, "instances of a study", members);
    dicom::Query instances;
    instances.level = dicom::Level::instance;
    time_search(index, "100 newest instances", instances);
    instances.offset = 10000;
    time_search(index, "100 instances at offset 10,000", instances);
    time_search(index, "instances of a PatientID",
                with(tags::PatientID, dicom::MatchText{{middle.patient_id}}, dicom::Level::instance));
}

template <class Work>
void time_call(const char* name, Work work) {
    std::vector<double> times;
    for (int i = 0; i < 51; ++i) {
        const auto before = Clock::now();
        work();
        times.push_back(micros(Clock::now() - before));
    }
    std::printf("  %-44s %22.0f us\n", name, median(times));
}

void time_reads(index::Index& index, int studies) {
    Study middle(studies / 2);
    const index::EntityKey study{index::kDefaultPartition, StudyUid(middle.uid), {}, {}};
    const auto records = expect(index.list(study, true));
    std::vector<std::int64_t> ids;
    for (const auto& record : records)
        ids.push_back(record.id);
    time_call("list of a study with layouts", [&] { expect(index.list(study, true)); });
    time_call("one instance", [&] { expect(index.list(records.front().key, true)); });
    time_call("revision of a study", [&] { expect(index.revision(study)); });
    time_call("revision of what never was", [&] { expect(index.revision({1, StudyUid("9.9"), {}, {}})); });
    time_call("documents of a study", [&] { expect(index.documents(ids, UINT64_MAX)); });
    time_call("totals", [&] { expect(index.totals()); });
    index::ChangeQuery changes;
    changes.by_time = true;
    changes.limit = 200;
    time_call("feed, 200 entries", [&] { expect(index.changes(changes)); });
    changes = {};
    changes.latest_only = true;
    time_call("feed, latest", [&] { expect(index.changes(changes)); });
}

void print_resident() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS") || line.starts_with("VmHWM")) std::printf("%s\n", line.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int studies = argc > 1 ? std::atoi(argv[1]) : 20000;
    const int count = argc > 2 ? std::atoi(argv[2]) : 50;
    const auto folder = argc > 3 ? std::filesystem::path(argv[3])
                                 : std::filesystem::temp_directory_path() / "isocenter-index-bench";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    index::DatabaseOptions options;
    options.path = (folder / "index.db").string();
    options.synchronous = argc <= 4;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const index::Database database = expect(index::open_database(options));
    const int small = std::min(studies, 1000);
    fill(*database.index, 0, small, count);
    time_all(*database.index, small);
    fill(*database.index, small, studies, count);
    time_all(*database.index, studies);
    time_reads(*database.index, studies);
    print_resident();
    const auto before = Clock::now();
    const auto findings = expect(database.records->check_consistency());
    std::printf("consistency: %zu findings in %.1f s\n", findings.size(),
                micros(Clock::now() - before) / 1e6);
    for (const std::string& finding : findings)
        std::printf("  %s\n", finding.c_str());
    std::printf("size: %.0f MB\n",
                static_cast<double>(std::filesystem::file_size(folder / "index.db")) / 1e6);
    std::filesystem::remove_all(folder);
    return findings.empty() ? 0 : 1;
}
