#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>

#include "dicom/fold.h"
#include "dicom/frame_table.h"
#include "dicom/tags.h"
#include "dicom/value_keys.h"
#include "index/sql/attributes.h"
#include "index/sql/candidates.h"
#include "index/sql/documents.h"
#include "index/sql/entity_rows.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

struct Check {
    std::string_view sql;  // counts what contradicts, or names it
    std::string_view sentence;
    bool names = false;
};

// Each sentence is preceded by how many, and followed by the first names.
constexpr Check kChecks[] = {
    {"SELECT i.uid FROM instance i LEFT JOIN series e ON e.id = i.series_id WHERE e.id IS NULL",
     "instances without a series", true},
    {"SELECT e.uid FROM series e LEFT JOIN study s ON s.id = e.study_id WHERE s.id IS NULL",
     "series without a study", true},
    {"SELECT i.uid FROM instance i JOIN series e ON e.id = i.series_id JOIN study s ON s.id = e.study_id "
     "WHERE i.partition_id <> e.partition_id OR e.partition_id <> s.partition_id",
     "instances whose series or study is in another partition", true},
    {"SELECT i.uid FROM instance i LEFT JOIN document d ON d.key = i.document_key WHERE d.key IS NULL",
     "instances without a document", true},
    {"SELECT count(*) FROM document WHERE key NOT IN (SELECT document_key FROM instance)",
     "documents without an instance"},
    {"SELECT uid FROM instance WHERE document_key IN "
     "(SELECT document_key FROM instance GROUP BY document_key HAVING count(*) > 1)",
     "instances that share their document with another one", true},
    {"SELECT uid FROM instance WHERE length(sha256) <> 32 OR size_bytes < 0 OR blob = '' OR uid = ''",
     "instances with an impossible value", true},
    {"SELECT e.uid FROM series e LEFT JOIN (SELECT series_id, count(*) AS n, sum(size_bytes) AS b, "
     "max(version) AS v FROM instance GROUP BY series_id) x ON x.series_id = e.id WHERE x.n IS NULL OR "
     "x.n <> e.instance_count OR x.b <> e.size_bytes OR x.v <> e.newest_version",
     "series whose counts, size or newest version do not add up", true},
    {"SELECT s.uid FROM study s LEFT JOIN (SELECT study_id, count(*) AS n, sum(instance_count) AS i, "
     "sum(size_bytes) AS b, max(newest_version) AS v FROM series GROUP BY study_id) x ON x.study_id = s.id "
     "WHERE x.n IS NULL OR x.n <> s.series_count OR x.i <> s.instance_count OR x.b <> s.size_bytes OR "
     "x.v <> s.newest_version",
     "studies whose counts, size or newest version do not add up", true},
    {"SELECT count(*) FROM (SELECT e.study_id, i.sop_class_uid AS uid, count(*) AS n FROM instance i "
     "JOIN series e ON e.id = i.series_id GROUP BY e.study_id, i.sop_class_uid) x LEFT JOIN study_sop_class "
     "k "
     "ON k.study_id = x.study_id AND k.uid = x.uid WHERE k.instances IS NOT x.n",
     "SOP classes of studies that are counted wrongly"},
    {"SELECT count(*) FROM study_sop_class k WHERE NOT EXISTS (SELECT 1 FROM series e JOIN instance i "
     "ON i.series_id = e.id WHERE e.study_id = k.study_id AND i.sop_class_uid = k.uid)",
     "SOP classes of studies that have no instance"},
    {"SELECT count(*) FROM data_partition p WHERE "
     "p.studies <> (SELECT count(*) FROM study WHERE partition_id = p.id) OR "
     "p.series <> (SELECT count(*) FROM series WHERE partition_id = p.id) OR "
     "p.instances <> (SELECT count(*) FROM instance WHERE partition_id = p.id) OR "
     "p.bytes <> (SELECT coalesce(sum(size_bytes), 0) FROM study WHERE partition_id = p.id)",
     "partitions whose totals do not add up"},
    {"SELECT max((SELECT sequence FROM counter), (SELECT coalesce(max(sequence), 0) FROM change)) - "
     "(SELECT count(*) FROM change)",
     "entries missing from the change feed"},
    {"SELECT count(*) FROM (SELECT sequence - lag(sequence, 1, 0) OVER w AS step, "
     "time - lag(time, 1, 0) OVER w AS passed FROM change WINDOW w AS (ORDER BY sequence)) "
     "WHERE step <> 1 OR passed < 0",
     "places where the change feed has a gap or goes back in time"},
    {"SELECT uid FROM instance WHERE version NOT IN (SELECT version FROM change WHERE action <> 1)",
     "instances that the change feed does not know", true},
    {"SELECT i.uid FROM instance i JOIN removal r ON r.blob = i.blob",
     "instances whose object is queued for removal", true},
    {"SELECT uid FROM instance WHERE blob IN (SELECT blob FROM instance GROUP BY blob HAVING count(*) > 1)",
     "instances that share their object with another one", true},
    {"SELECT count(*) FROM name_group g LEFT JOIN study s ON s.id = g.owner_id WHERE s.id IS NULL",
     "filed names without a study"},
    {"SELECT count(*) FROM name_word w LEFT JOIN study s ON s.id = w.owner_id WHERE s.id IS NULL",
     "filed words of names without a study"},
    {"SELECT count(*) FROM series_request r LEFT JOIN series e ON e.id = r.series_id WHERE e.id IS NULL",
     "requests without a series"},
    {"SELECT count(*) FROM counter c WHERE c.version < (SELECT coalesce(max(version), 0) FROM instance) OR "
     "c.instance < (SELECT coalesce(max(id), 0) FROM instance) OR "
     "c.series < (SELECT coalesce(max(id), 0) FROM series) OR "
     "c.study < (SELECT coalesce(max(id), 0) FROM study) OR "
     "c.sequence < (SELECT coalesce(max(sequence), 0) FROM change)",
     "counters that are behind"},
};

constexpr std::size_t kMostNames = 5;

/// What one sentence is about: how many there are and what the first are called.
class Contradictions {
  public:
    void add(std::string_view name) {
        ++count_;
        if (count_ <= kMostNames) names_.append(names_.empty() ? ": " : ", ").append(name);
    }
    void report(std::string_view sentence, std::vector<std::string>& findings) const {
        if (count_ == 0) return;
        findings.push_back(std::to_string(count_) + " " + std::string(sentence) + names_ +
                           (count_ > kMostNames ? ", ..." : ""));
    }

  private:
    std::size_t count_ = 0;
    std::string names_;
};

Status run_check(Connection& connection, const Check& check, std::vector<std::string>& findings) {
    Run run(connection, check.sql);
    Contradictions wrong;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        if (check.names) {
            wrong.add(run.text(0));
        } else if (run.integer(0) != 0) {
            findings.push_back(std::to_string(run.integer(0)) + " " + std::string(check.sentence));
        }
    }
    wrong.report(check.sentence, findings);
    return {};
}

bool is_number(std::string_view stored, std::optional<double> key) {
    // SQLite prints 15 digits.
    const auto number = dicom::number_key(stored);
    return key && number && std::abs(*number - *key) <= 1e-12 * std::max(1.0, std::abs(*key));
}

/// Whether the derived form behind the value in column `at` is the one that belongs to it.
bool is_derived(const Run& run, int at, Kind kind) {
    const std::string value = run.string(at);
    std::optional<std::string> key;
    switch (kind) {
        case Kind::text:
            key = dicom::fold_case(first_of(value));
            break;
        case Kind::name:
            key = dicom::fold_name(first_of(value));
            break;
        case Kind::date:
            key = dicom::date_key(value);
            break;
        case Kind::time:
            key = dicom::time_key(value);
            break;
        case Kind::number:
            return run.is_null(at + 1) ? !dicom::number_key(value)
                                       : is_number(run.text(at + 1), dicom::number_key(value));
    }
    return run.is_null(at + 1) ? !key || key->empty() : key && run.text(at + 1) == *key;
}

/// A value that was changed behind the index's back contradicts the form beside it.
Status check_attributes(Connection& connection, dicom::Level level, const std::string& table,
                        std::vector<std::string>& findings) {
    const auto columns = columns_of(level);
    std::string sql = "SELECT id";
    for (const Column& column : columns)
        sql.append(", ").append(column.name).append(", ").append(derived_name(column));
    Run run(connection, sql + " FROM " + table);
    std::vector<std::uint64_t> wrong(columns.size());
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        for (std::size_t i = 0; i < columns.size(); ++i)
            wrong[i] += is_derived(run, static_cast<int>(2 * i + 1), columns[i].kind) ? 0U : 1U;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (wrong[i] == 0) continue;
        findings.push_back(std::to_string(wrong[i]) + " rows of " + table + " whose " +
                           std::string(columns[i].name) + " contradicts " + derived_name(columns[i]));
    }
    return {};
}

std::int64_t frames_in(const dicom::ObjectLayout& layout) {
    return layout.frames.kind == dicom::FrameTable::Kind::none ? 0 : layout.frames.frames;
}

Status check_documents(Connection& connection, const DocumentCodec& codec,
                       std::vector<std::string>& findings) {
    Contradictions damaged;
    Contradictions frames;
    Run run(connection,
            "SELECT d.dictionary, d.json, d.layout, i.frames, i.uid FROM instance i "
            "CROSS JOIN document d ON d.key = i.document_key");
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        if (!codec.unpack(run.integer(0), run.blob(1))) damaged.add(run.text(4));
        // A damaged layout shows when it is held against the object.
        const auto layout = dicom::decode_layout(run.blob(2));
        if (layout && run.integer(3) != frames_in(*layout)) frames.add(run.text(4));
    }
    damaged.report("instances whose documents cannot be read", findings);
    frames.report("instances whose number of frames is not that of their objects", findings);
    return {};
}

/// Whether the tables of names have of a study what file_names puts there.
Result<bool> is_filed(Connection& connection, std::int64_t study, dicom::Tag tag, std::string_view folded) {
    const NameRows expected = name_rows(folded);
    NameRows filed;
    Run groups(connection,
               "SELECT component_group, folded FROM name_group WHERE owner_id = ? AND tag = ? "
               "ORDER BY component_group");
    groups.bind(study).bind(tag_number(tag));
    while (true) {
        ISO_TRY(const bool row, groups.next());
        if (!row) break;
        filed.groups.emplace_back(groups.integer(0), groups.string(1));
    }
    Run words(connection,
              "SELECT component_group, word FROM name_word WHERE owner_id = ? AND tag = ? ORDER BY position");
    words.bind(study).bind(tag_number(tag));
    while (true) {
        ISO_TRY(const bool row, words.next());
        if (!row) break;
        filed.words.emplace_back(words.integer(0), words.string(1));
    }
    return filed.groups == expected.groups && filed.words == expected.words;
}

/// Whether the trigrams lead to a study by the whole of a name.
Result<bool> has_trigrams(Connection& connection, std::int64_t study, std::string_view column,
                          std::string_view folded) {
    const std::string expression = trigram_expression(column, folded);
    if (expression.empty()) return true;
    Run run(connection, "SELECT 1 FROM study_name_trigram WHERE study_name_trigram MATCH ? AND rowid = ?");
    return run.bind(expression).bind(study).next();
}

/// A name that is not filed is in the study's row, and no search finds it.
Status check_names(Connection& connection, std::vector<std::string>& findings) {
    constexpr std::pair<dicom::Tag, std::string_view> kNames[] = {
        {dicom::tags::PatientName, "patient_name"},
        {dicom::tags::ReferringPhysicianName, "referring_physician_name"},
    };
    Contradictions unfiled;
    Contradictions unpieced;
    Run run(connection, "SELECT id, uid, patient_name_fold, referring_physician_name_fold FROM study");
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        bool filed = true;
        bool pieced = true;
        int at = 2;
        for (const auto& [tag, column] : kNames) {
            const std::string folded = run.string(at++);
            ISO_TRY(const bool rows, is_filed(connection, run.integer(0), tag, folded));
            ISO_TRY(const bool pieces, has_trigrams(connection, run.integer(0), column, folded));
            filed = filed && rows;
            pieced = pieced && pieces;
        }
        if (!filed) unfiled.add(run.text(1));
        if (!pieced) unpieced.add(run.text(1));
    }
    unfiled.report("studies whose names are not filed as they are", findings);
    unpieced.report("studies whose names are not filed by their pieces", findings);
    return {};
}

}  // namespace

Result<std::vector<InstanceRecord>> SqlIndex::scan(std::int64_t after, std::size_t limit) {
    static const std::string sql = "SELECT " + record_columns() + ", d.layout FROM " + record_tables() +
                                   " CROSS JOIN document d ON d.key = i.document_key "
                                   "WHERE i.id > ? ORDER BY i.id LIMIT ?";
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection, sql);
    run.bind(after).bind(static_cast<std::int64_t>(limit));
    std::vector<InstanceRecord> records;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return records;
        records.push_back(read_record(run, 0));
        records.back().layout = std::string(run.blob(kRecordColumns));
    }
}

Result<std::vector<BlobKey>> SqlIndex::unreferenced(std::span<const BlobKey> keys) {
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::read));
    std::vector<BlobKey> loose;
    for (const BlobKey& key : keys) {
        Run run(*connection,
                "SELECT EXISTS (SELECT 1 FROM instance WHERE blob = ?) OR "
                "EXISTS (SELECT 1 FROM removal WHERE blob = ?)");
        ISO_TRY(const bool row, run.bind(key.view()).bind(key.view()).next());
        if (row && run.integer(0) == 0) loose.push_back(key);
    }
    return loose;
}

Result<std::vector<BlobKey>> SqlIndex::unreferenced_by_walk(std::span<const BlobKey> keys) {
    std::unordered_set<std::string_view> wanted;
    for (const BlobKey& key : keys)
        wanted.insert(key.view());
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::read));
    for (const std::string_view sql :
         {"SELECT blob FROM instance NOT INDEXED", "SELECT blob FROM removal NOT INDEXED"}) {
        Run run(*connection, sql);
        while (true) {
            ISO_TRY(const bool row, run.next());
            if (!row) break;
            wanted.erase(run.text(0));
        }
    }
    std::vector<BlobKey> loose;
    std::ranges::copy_if(keys, std::back_inserter(loose),
                         [&](const BlobKey& key) { return wanted.contains(key.view()); });
    return loose;
}

Result<std::vector<std::string>> SqlIndex::check_consistency() {
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::read));
    std::vector<std::string> findings;
    {
        // Not quick_check: that does not hold indexes against their tables.
        Run run(*connection, "PRAGMA integrity_check(1)");
        ISO_TRY(const bool row, run.next());
        if (!row || run.text(0) != "ok") findings.emplace_back("the database file is damaged");
    }
    for (const Check& check : kChecks)
        ISO_CHECK(run_check(*connection, check, findings));
    ISO_CHECK(check_names(*connection, findings));
    ISO_CHECK(check_attributes(*connection, dicom::Level::study, "study", findings));
    ISO_CHECK(check_attributes(*connection, dicom::Level::series, "series", findings));
    ISO_CHECK(check_attributes(*connection, dicom::Level::instance, "instance", findings));
    ISO_CHECK(check_documents(*connection, codec_, findings));
    return findings;
}

}  // namespace isocenter::index::sql
