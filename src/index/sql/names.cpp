// How person names are filed for search: see the tables name_group, name_word and study_name_trigram.

#include "dicom/fold.h"
#include "dicom/name_match.h"
#include "dicom/tags.h"
#include "index/sql/entity_rows.h"

namespace isocenter::index::sql {
namespace {

Status file_one(Connection& connection, dicom::Tag tag, const NameOwner& owner, std::string_view folded) {
    const std::int64_t number = tag_number(tag);
    ISO_CHECK(Run(connection, "DELETE FROM name_group WHERE tag = ? AND owner_id = ?")
                  .bind(number)
                  .bind(owner.study)
                  .run());
    ISO_CHECK(Run(connection, "DELETE FROM name_word WHERE tag = ? AND owner_id = ?")
                  .bind(number)
                  .bind(owner.study)
                  .run());
    const NameRows rows = name_rows(folded);
    for (const auto& [group, text] : rows.groups) {
        Run groups(connection,
                   "INSERT INTO name_group (tag, owner_id, component_group, folded, partition_id) "
                   "VALUES (?, ?, ?, ?, ?)");
        ISO_CHECK(groups.bind(number).bind(owner.study).bind(group).bind(text).bind(owner.partition).run());
    }
    std::int64_t position = 0;
    for (const auto& [group, word] : rows.words) {
        Run words(connection,
                  "INSERT INTO name_word (tag, owner_id, position, component_group, word, partition_id) "
                  "VALUES (?, ?, ?, ?, ?, ?)");
        ISO_CHECK(words.bind(number)
                      .bind(owner.study)
                      .bind(++position)
                      .bind(group)
                      .bind(word)
                      .bind(owner.partition)
                      .run());
    }
    return {};
}

Status file_trigrams(Connection& connection, std::int64_t study, const FiledNames& names, bool remove) {
    Run run(connection, remove ? "INSERT INTO study_name_trigram (study_name_trigram, rowid, patient_name, "
                                 "referring_physician_name) VALUES ('delete', ?, ?, ?)"
                               : "INSERT INTO study_name_trigram (rowid, patient_name, "
                                 "referring_physician_name) VALUES (?, ?, ?)");
    return run.bind(study).bind(names.patient).bind(names.referring).run();
}

}  // namespace

NameRows name_rows(std::string_view folded) {
    NameRows rows;
    std::int64_t group = 0;
    for (const std::string& text : dicom::bare_groups(folded)) {
        ++group;
        if (text.empty()) continue;
        rows.groups.emplace_back(group, text);
        for (std::string& word : dicom::name_words(text))
            rows.words.emplace_back(group, std::move(word));
    }
    return rows;
}

Status refile_trigrams(Connection& connection) {
    ISO_CHECK(
        connection.execute("INSERT INTO study_name_trigram (study_name_trigram) VALUES ('delete-all')"));
    return connection.execute(
        "INSERT INTO study_name_trigram (rowid, patient_name, referring_physician_name) "
        "SELECT id, coalesce(patient_name_fold, ''), coalesce(referring_physician_name_fold, '') FROM study "
        "WHERE patient_name_fold <> '' OR referring_physician_name_fold <> ''");
}

Status file_names(Connection& connection, const NameOwner& owner, const std::optional<FiledNames>& old,
                  const std::optional<FiledNames>& now) {
    const FiledNames before = old.value_or(FiledNames{});
    const FiledNames after = now.value_or(FiledNames{});
    if (before.patient == after.patient && before.referring == after.referring) return {};
    const auto filed = [](const FiledNames& names) {
        return !names.patient.empty() || !names.referring.empty();
    };
    if (filed(before)) ISO_CHECK(file_trigrams(connection, owner.study, before, true));
    if (filed(after)) ISO_CHECK(file_trigrams(connection, owner.study, after, false));
    if (before.patient != after.patient) {
        ISO_CHECK(file_one(connection, dicom::tags::PatientName, owner, after.patient));
    }
    if (before.referring != after.referring) {
        ISO_CHECK(file_one(connection, dicom::tags::ReferringPhysicianName, owner, after.referring));
    }
    return {};
}

}  // namespace isocenter::index::sql
