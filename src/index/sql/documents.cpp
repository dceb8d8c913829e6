#include "index/sql/documents.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/log.h"
#include "dicom/fold.h"

namespace isocenter::index::sql {
namespace {

template <class T>
std::string list_of_numbers(std::span<const T> numbers) {
    std::string list = "[";
    std::array<char, 64> text{};
    for (const T number : numbers) {
        if (list.size() > 1) list += ',';
        const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
        list.append(text.data(), end);
    }
    return list + "]";
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
        out.append("\\u00") += kHex[byte >> 4U];
        out += kHex[byte & 15U];
        return;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
}

}  // namespace

std::string record_columns() {
    return "i.id, i.version, s.partition_id, s.uid, e.uid, i.uid, i.sop_class_uid, i.transfer_syntax, "
           "i.frames, "
           "i.blob, i.size_bytes, i.sha256, i.document_key";
}

std::string record_tables() {
    return "instance i CROSS JOIN series e ON e.id = i.series_id CROSS JOIN study s ON s.id = e.study_id";
}

InstanceRecord read_record(const Run& run, int first) {
    InstanceRecord record;
    record.id = run.integer(first);
    record.version = run.integer(first + 1);
    record.key.partition = run.integer(first + 2);
    record.key.study = StudyUid(run.string(first + 3));
    record.key.series = SeriesUid(run.string(first + 4));
    record.key.instance = SopInstanceUid(run.string(first + 5));
    record.sop_class_uid = run.string(first + 6);
    record.transfer_syntax = run.string(first + 7);
    record.frames = static_cast<std::uint32_t>(run.integer(first + 8));
    record.blob = BlobKey(run.string(first + 9));
    record.size_bytes = run.count(first + 10);
    const std::string_view digest = run.blob(first + 11);
    std::memcpy(record.sha256.data(), digest.data(), std::min(digest.size(), record.sha256.size()));
    return record;
}

Status insert_document(Connection& connection, std::int64_t key, const PackedDocument& packed,
                       const NewInstance& given) {
    Run run(connection,
            "INSERT INTO document (key, dictionary, json, hidden, layout) VALUES (?, ?, ?, ?, ?)");
    run.bind(key).bind(packed.dictionary).bind_blob(packed.bytes);
    run.bind_or_null(given.hidden.empty() ? std::string() : json_list(given.hidden));
    return run.bind_blob(given.layout).run();
}

Result<LoadedDocuments> load_documents(Connection& connection, const DocumentCodec& codec,
                                       std::span<const std::int64_t> ids, std::uint64_t most_bytes) {
    // A record without its document is damage too: not the same as no record.
    static const std::string sql =
        "SELECT p.key, i.id, i.version, s.partition_id, s.uid, e.uid, i.uid, d.dictionary, d.json, d.hidden "
        "FROM json_each(?) p CROSS JOIN instance i ON i.id = p.value CROSS JOIN series e ON e.id = "
        "i.series_id "
        "CROSS JOIN study s ON s.id = e.study_id LEFT JOIN document d ON d.key = i.document_key";
    LoadedDocuments loaded;
    std::uint64_t left = most_bytes;
    Run run(connection, sql);
    run.bind(json_list(ids));
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        const auto place = static_cast<std::size_t>(run.integer(0));
        const auto size = codec.unpacked_size(run.blob(8));
        if (size && *size > left) {
            loaded.ids = place;
            loaded.next_bytes = *size;
            return loaded;
        }
        auto json = codec.unpack(run.integer(7), run.blob(8));
        if (!json) {
            log_event(LogLevel::error, "document_unreadable", {{"record", run.integer(1)}});
            ++loaded.unreadable;
            continue;
        }
        left -= json->size();
        Document document;
        document.json = *std::move(json);
        document.version = run.integer(2);
        document.key = {run.integer(3), StudyUid(run.string(4)), SeriesUid(run.string(5)),
                        SopInstanceUid(run.string(6))};
        if (!run.is_null(9)) document.hidden = read_json_list(run.text(9));
        loaded.documents.emplace_back(place, std::move(document));
    }
    loaded.ids = ids.size();
    return loaded;
}

Result<std::vector<RequestItem>> requests_of(Connection& connection, std::int64_t series) {
    std::vector<RequestItem> items;
    Run run(connection,
            "SELECT scheduled_procedure_step_id, requested_procedure_id FROM series_request "
            "WHERE series_id = ? ORDER BY item");
    run.bind(series);
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return items;
        items.push_back({run.string(0), run.string(1)});
    }
}

Status save_requests(Connection& connection, std::int64_t series, std::span<const RequestItem> requests) {
    ISO_CHECK(Run(connection, "DELETE FROM series_request WHERE series_id = ?").bind(series).run());
    std::int64_t item = 0;
    for (const RequestItem& request : requests) {
        Run run(connection,
                "INSERT INTO series_request (series_id, item, scheduled_procedure_step_id, "
                "scheduled_procedure_step_id_fold, requested_procedure_id, requested_procedure_id_fold) "
                "VALUES (?, ?, ?, ?, ?, ?)");
        run.bind(series).bind(++item).bind_or_null(request.scheduled_procedure_step_id);
        run.bind_or_null(dicom::fold_case(request.scheduled_procedure_step_id));
        run.bind_or_null(request.requested_procedure_id);
        ISO_CHECK(run.bind_or_null(dicom::fold_case(request.requested_procedure_id)).run());
    }
    return {};
}

std::string json_list(std::span<const std::int64_t> numbers) {
    return list_of_numbers(numbers);
}

std::string json_list(std::span<const double> numbers) {
    return list_of_numbers(numbers);
}

std::string json_list(std::span<const std::string> texts) {
    std::string list = "[";
    for (const std::string& text : texts) {
        if (list.size() > 1) list += ',';
        list += '"';
        for (const char c : text)
            append_escaped(list, c);
        list += '"';
    }
    return list + "]";
}

std::vector<std::string> read_json_list(std::string_view json) {
    std::vector<std::string> texts;
    bool inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (!inside) {
            if (c == '"') texts.emplace_back();
            inside = c == '"';
        } else if (c == '"') {
            inside = false;
        } else if (c != '\\' || i + 1 == json.size()) {
            texts.back() += c;
        } else if (json[i + 1] == 'u' && i + 5 < json.size()) {
            texts.back() +=
                static_cast<char>(std::strtol(std::string(json.substr(i + 2, 4)).c_str(), nullptr, 16));
            i += 5;
        } else {
            texts.back() += json[++i];
        }
    }
    return texts;
}

}  // namespace isocenter::index::sql
