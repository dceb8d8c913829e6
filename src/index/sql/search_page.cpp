#include "index/sql/search_page.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "dicom/tags.h"
#include "index/sql/attributes.h"
#include "index/sql/documents.h"

namespace isocenter::index::sql {
namespace {

using dicom::Level;

std::string rows_statement(Level level) {
    std::string columns =
        "SELECT p.key, s.partition_id, s.uid, s.id, s.series_count, s.instance_count, s.newest_instance";
    for (const Column& column : study_columns())
        columns.append(", s.").append(column.name);
    std::string tables = "study s ON s.id = p.value";
    if (level != Level::study) {
        columns += ", e.uid, e.id, e.instance_count, e.newest_instance";
        for (const Column& column : series_columns())
            columns.append(", e.").append(column.name);
        tables = "series e ON e.id = p.value CROSS JOIN study s ON s.id = e.study_id";
    }
    if (level == Level::instance) {
        columns += ", i.uid, i.id, i.transfer_syntax, i.sop_class_uid";
        for (const Column& column : instance_columns())
            columns.append(", i.").append(column.name);
        tables =
            "instance i ON i.id = p.value CROSS JOIN series e ON e.id = i.series_id "
            "CROSS JOIN study s ON s.id = e.study_id";
    }
    return columns + " FROM json_each(?) p CROSS JOIN " + tables;
}

void read_values(const Run& run, int& at, Level level, AttributeValues& values) {
    for (const Column& column : columns_of(level)) {
        if (!run.is_null(at)) values.emplace_back(column.tag, run.string(at));
        ++at;
    }
}

FoundRow read_found(const Run& run, Level level) {
    FoundRow found;
    SearchRow& row = found.row;
    int at = 1;
    row.key.partition = run.integer(at++);
    row.key.study = StudyUid(run.string(at++));
    found.study = run.integer(at++);
    row.study_series = run.count(at++);
    row.study_instances = run.count(at++);
    found.newest_instance = run.integer(at++);
    read_values(run, at, Level::study, row.study);
    if (level == Level::study) return found;
    row.key.series = SeriesUid(run.string(at++));
    found.series = run.integer(at++);
    row.series_instances = run.count(at++);
    found.newest_instance = run.integer(at++);
    read_values(run, at, Level::series, row.series);
    if (level == Level::series) return found;
    row.key.instance = SopInstanceUid(run.string(at++));
    found.newest_instance = run.integer(at++);
    row.transfer_syntax = run.string(at++);
    if (!run.text(at).empty()) row.instance.emplace_back(dicom::tags::SOPClassUID, run.string(at));
    ++at;
    read_values(run, at, Level::instance, row.instance);
    return found;
}

}  // namespace

std::string Page::ids_of(std::int64_t FoundRow::*id) const {
    std::set<std::int64_t> distinct;
    for (const auto& found : rows_) {
        if (found) distinct.insert((*found).*id);
    }
    return json_list(std::vector<std::int64_t>(distinct.begin(), distinct.end()));
}

// Modalities in order of series creation and SOP classes, of all studies at once.
Status Page::load_members() {
    std::map<std::int64_t, std::vector<std::string>> modalities;
    std::map<std::int64_t, std::vector<std::string>> classes;
    const std::string studies = ids_of(&FoundRow::study);
    Run series(
        connection_,
        "SELECT e.study_id, e.modality FROM json_each(?) p CROSS JOIN series e ON e.study_id = p.value "
        "WHERE e.modality IS NOT NULL ORDER BY e.id");
    series.bind(studies);
    while (true) {
        ISO_TRY(const bool row, series.next());
        if (!row) break;
        auto& list = modalities[series.integer(0)];
        if (std::find(list.begin(), list.end(), series.text(1)) == list.end())
            list.push_back(series.string(1));
    }
    Run members(connection_,
                "SELECT k.study_id, k.uid FROM json_each(?) p CROSS JOIN study_sop_class k "
                "ON k.study_id = p.value ORDER BY k.uid");
    members.bind(studies);
    while (true) {
        ISO_TRY(const bool row, members.next());
        if (!row) break;
        classes[members.integer(0)].push_back(members.string(1));
    }
    for (auto& found : rows_) {
        if (!found) continue;
        found->row.modalities_in_study = modalities[found->study];
        found->row.sop_classes_in_study = classes[found->study];
    }
    return {};
}

Status Page::load_requests() {
    std::map<std::int64_t, std::vector<RequestItem>> requests;
    Run run(connection_,
            "SELECT r.series_id, r.scheduled_procedure_step_id, r.requested_procedure_id FROM json_each(?) p "
            "CROSS JOIN series_request r ON r.series_id = p.value ORDER BY r.series_id, r.item");
    run.bind(ids_of(&FoundRow::series));
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        requests[run.integer(0)].push_back({run.string(1), run.string(2)});
    }
    for (auto& found : rows_) {
        if (found) found->row.requests = requests[found->series];
    }
    return {};
}

Result<std::size_t> Page::load_stored_documents(std::size_t first) {
    constexpr std::uint64_t kBytes = 1ULL << 20U;
    std::vector<std::int64_t> ids;
    for (std::size_t i = first; i < rows_.size(); ++i)
        ids.push_back(rows_[i] ? rows_[i]->newest_instance : 0);
    ISO_TRY(auto loaded, load_documents(connection_, codec_, ids, kBytes));
    if (loaded.ids == 0) {
        ISO_TRY(loaded, load_documents(connection_, codec_, std::span(ids).first(1), loaded.next_bytes));
    }
    for (auto& [place, document] : loaded.documents)
        rows_[first + place]->row.document = std::move(document);
    return first + loaded.ids;
}

Status Page::load(std::span<const std::int64_t> ids) {
    static const std::string statements[] = {rows_statement(Level::study), rows_statement(Level::series),
                                             rows_statement(Level::instance)};
    rows_.assign(ids.size(), std::nullopt);
    {
        Run run(connection_, statements[static_cast<std::size_t>(query_.level)]);
        run.bind(json_list(ids));
        while (true) {
            ISO_TRY(const bool row, run.next());
            if (!row) break;
            const auto position = static_cast<std::size_t>(run.integer(0));
            if (position >= rows_.size()) continue;
            rows_[position] = read_found(run, query_.level);
            rows_[position]->row.newest_record = rows_[position]->newest_instance;
        }
    }
    // One record whose series or study is not there must not keep all others from being found; verification
    // names it.
    const auto orphans = std::count(rows_.begin(), rows_.end(), std::nullopt);
    if (orphans > 0)
        log_event(LogLevel::error, "records_without_parents", {{"count", std::int64_t{orphans}}});
    ISO_CHECK(load_members());
    if (query_.level != Level::study) ISO_CHECK(load_requests());
    return {};
}

Status Page::push(const std::function<Status(SearchRow&&)>& sink) {
    std::size_t loaded = query_.want_document ? 0 : rows_.size();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (!rows_[i]) continue;
        if (i >= loaded) {
            ISO_TRY(loaded, load_stored_documents(i));
        }
        ISO_CHECK(sink(std::move(rows_[i]->row)));
        rows_[i]->row = {};
    }
    return {};
}

}  // namespace isocenter::index::sql
