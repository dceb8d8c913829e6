#include "api/dicomweb/search_response.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "dicom/dictionary.h"
#include "dicom/json_filter.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

using dicom::Level;
using dicom::Tag;
using dicom::Vr;
namespace tags = dicom::tags;

/// What a stored attribute without a value looks like.
constexpr std::string_view kEmptyElement = R"({"vr":"XX"})";

void append_string(std::string& out, std::string_view text) {
    out += '"';
    append_json_escaped(out, text);
    out += '"';
}

/// `text` as a JSON number with the digits it has, or nothing when JSON has no such number.
std::optional<std::string> to_json_number(std::string_view text) {
    std::string out;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        if (text.front() == '-') out = "-";
        text.remove_prefix(1);
    }
    if (text.empty() || text.size() > 16) return std::nullopt;
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
    return out + std::string(text);
}

void append_name(std::string& out, std::string_view name) {
    constexpr std::string_view kGroups[] = {"Alphabetic", "Ideographic", "Phonetic"};
    out += '{';
    bool first = true;
    for (const std::string_view group : kGroups) {
        const std::size_t end = std::min(name.find('='), name.size());
        if (end != 0) {
            out += first ? "\"" : ",\"";
            out += group;
            out += "\":";
            append_string(out, name.substr(0, end));
            first = false;
        }
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    out += '}';
}

void append_one(std::string& out, Vr vr, std::string_view text) {
    const auto number = vr == Vr::IS || vr == Vr::US ? to_json_number(text) : std::nullopt;
    if (number)
        out += *number;
    else if (text.empty())
        out += "null";
    else if (vr == Vr::PN)
        append_name(out, text);
    else
        append_string(out, text);
}

/// `,"Value":[...]` in the form of their VR of the values that '\' separates.
void append_value(std::string& out, Vr vr, std::string_view text) {
    out += ",\"Value\":[";
    for (bool first = true; first || !text.empty(); first = false) {
        const std::size_t end = std::min(text.find('\\'), text.size());
        if (!first) out += ',';
        append_one(out, vr, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    out += ']';
}

void append_values(std::string& out, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    out += ",\"Value\":[";
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i != 0) out += ',';
        append_string(out, texts[i]);
    }
    out += ']';
}

void append_requests(std::string& out, const std::vector<index::RequestItem>& requests) {
    if (requests.empty()) return;
    out += ",\"Value\":[";
    for (std::size_t i = 0; i < requests.size(); ++i) {
        out += i == 0 ? "{" : ",{";
        out += R"("00400009":{"vr":"SH")";
        if (!requests[i].scheduled_procedure_step_id.empty())
            append_value(out, Vr::SH, requests[i].scheduled_procedure_step_id);
        out += R"(},"00401001":{"vr":"SH")";
        if (!requests[i].requested_procedure_id.empty())
            append_value(out, Vr::SH, requests[i].requested_procedure_id);
        out += "}}";
    }
    out += ']';
}

const std::string* find_value(const index::AttributeValues& values, Tag tag) {
    const auto at =
        std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == tag; });
    return at == values.end() ? nullptr : &at->second;
}

Vr vr_of(Tag tag) {
    const auto entry = dicom::find_entry(tag);
    return entry ? entry->vr : Vr::UN;
}

/// Just past the JSON value at the front of `text`, which is well-formed.
std::size_t value_end(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == '"') in_string = true;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return i + 1;
    }
    return text.size();
}

bool is_computed_in_compatibility(Tag tag) {
    return tag == tags::ModalitiesInStudy || tag == tags::NumberOfStudyRelatedInstances ||
           tag == tags::NumberOfSeriesRelatedInstances;
}

}  // namespace

std::vector<std::pair<Tag, std::string_view>> split_attributes(std::string_view object) {
    std::vector<std::pair<Tag, std::string_view>> out;
    std::size_t at = 1;
    // `"GGGGEEEE":{...}` separated by commas, no blanks.
    while (at + 12 < object.size() && object[at] == '"') {
        const auto tag = dicom::parse_hex8(object.substr(at + 1, 8));
        if (!tag) break;
        const std::string_view rest = object.substr(at + 11);
        const std::size_t length = value_end(rest);
        out.emplace_back(*tag, rest.substr(0, length));
        at += 11 + length;
        if (at < object.size() && object[at] == ',') ++at;
    }
    return out;
}

RowWriter::RowWriter(const Profile& profile, const SearchRequest& request, std::string base_uri,
                     Syntaxes syntaxes)
    : profile_(profile),
      level_(request.query.level),
      base_uri_(std::move(base_uri)),
      syntaxes_(std::move(syntaxes)),
      private_(request.private_attributes),
      whole_document_(request.return_set.whole_document),
      want_document_(request.query.want_document) {
    for (const dicom::Matcher& matcher : request.query.matchers) {
        if (matcher.sequence == tags::RequestAttributesSequence) item_conditions_.push_back(matcher);
    }
    bool computed = false;
    for (const ReturnField& field : request.return_set.fields) {
        const Vr vr = vr_of(field.tag);
        Field made{field,
                   "\"" + dicom::to_hex8(field.tag) + "\":{\"vr\":\"" + std::string(to_string(vr)) + '"',
                   false};
        made.indexed = dicom::is_in_row(field.tag, level_);
        computed = computed || is_computed_in_compatibility(field.tag);
        wanted_.push_back(field.tag);
        fields_.push_back(std::move(made));
    }
    // dicomweb.md 6.6: the newest instance's values, unless something computed lays those of the index over
    // them.
    if (!profile.standard && want_document_) index_first_ = computed && level_ != Level::instance;
    if (profile.standard && whole_document_) index_first_ = false;
}

std::vector<index::RequestItem> RowWriter::matching(const std::vector<index::RequestItem>& items) const {
    std::vector<index::RequestItem> kept;
    std::ranges::copy_if(items, std::back_inserter(kept), [this](const index::RequestItem& item) {
        return std::ranges::all_of(item_conditions_, [&item](const dicom::Matcher& condition) {
            const bool step = condition.tag == tags::ScheduledProcedureStepID;
            const std::string& value = step ? item.scheduled_procedure_step_id : item.requested_procedure_id;
            return (condition.or_unknown && value.empty()) || meets(condition.match, value);
        });
    });
    return kept;
}

std::string RowWriter::resource_path(const index::EntityKey& key, Level level) const {
    std::string path = base_uri_ + "/studies/" + key.study.str();
    if (level == Level::study) return path;
    path += "/series/" + key.series.str();
    if (level == Level::series) return path;
    return path + "/instances/" + key.instance.str();
}

void RowWriter::filter_document(const index::SearchRow& row) {
    filtered_.clear();
    stored_.clear();
    if (!want_document_ || !row.document) return;
    const std::string bulk_prefix = resource_path(row.document->key, Level::instance) + "/bulkdata/";
    dicom::JsonView view;
    view.bulk_prefix = bulk_prefix;
    view.drop_bulk = !profile_.bulk_data_links;
    view.strip_padding = profile_.standard;
    view.hidden = profile_.standard ? nullptr : &row.document->hidden;
    if (profile_.utf8_character_set) view.character_set = "ISO_IR 192";
    const std::vector<Tag> wanted = wanted_of(row.document->json);
    view.only = whole_document_ ? nullptr : &wanted;
    dicom::append_filtered(filtered_, row.document->json, view);
    for (const auto& [tag, json] : split_attributes(filtered_))
        stored_.push_back({tag, json});
}

/// The tags that this document is asked for, ascending.
std::vector<Tag> RowWriter::wanted_of(std::string_view document) const {
    std::vector<Tag> wanted = wanted_;
    if (whole_document_ || private_.empty()) return wanted;
    for (const PrivateAttribute& attribute : private_) {
        for (const auto& [creator, tag] : find_private(document, attribute))
            wanted.insert(wanted.end(), {creator, tag});
    }
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    return wanted;
}

std::string_view RowWriter::stored(Tag tag) const {
    const auto at = std::lower_bound(stored_.begin(), stored_.end(), tag,
                                     [](const StoredAttribute& a, Tag wanted) { return a.tag < wanted; });
    return at != stored_.end() && at->tag == tag ? at->json : std::string_view{};
}

bool RowWriter::append_computed(std::string& out, const Field& field, const index::SearchRow& row) const {
    const Tag tag = field.field.tag;
    const auto count = [&](std::uint64_t number) {
        out += field.head + ",\"Value\":[" + std::to_string(number) + "]}";
        return true;
    };
    const auto list = [&](const std::vector<std::string>& values) {
        if (values.empty() && !field.field.required) return false;
        out += field.head;
        append_values(out, values);
        out += '}';
        return true;
    };
    const bool own = profile_.standard || level_ != Level::instance;
    if (tag == tags::ModalitiesInStudy) return own && list(row.modalities_in_study);
    if (tag == tags::NumberOfStudyRelatedInstances) return own && count(row.study_instances);
    if (tag == tags::NumberOfSeriesRelatedInstances)
        return own && level_ != Level::study && count(row.series_instances);
    if (!profile_.standard) return false;
    if (tag == tags::SOPClassesInStudy) return list(row.sop_classes_in_study);
    if (tag == tags::NumberOfStudyRelatedSeries) return count(row.study_series);
    if (tag == tags::InstanceAvailability) return list({"ONLINE"});
    if (tag == tags::SpecificCharacterSet) return list({"ISO_IR 192"});
    if (tag == tags::RetrieveURL) return list({resource_path(row.key, level_)});
    if (tag == tags::AvailableTransferSyntaxUID)
        return level_ == Level::instance && syntaxes_ && list(syntaxes_(row.key));
    const bool whole = field.field.whole || (whole_document_ && stored(tag).size() > kEmptyElement.size());
    if (tag == tags::RequestAttributesSequence && !whole && level_ != Level::study && !row.requests.empty()) {
        out += field.head;
        append_requests(out, matching(row.requests));
        out += '}';
        return true;
    }
    return false;
}

bool RowWriter::append_indexed(std::string& out, const Field& field, const index::SearchRow& row) const {
    const Tag tag = field.field.tag;
    const auto text = [&](std::string_view value) {
        if (value.empty()) return false;
        out += field.head;
        append_value(out, vr_of(tag), value);
        out += '}';
        return true;
    };
    if (tag == tags::StudyInstanceUID) return text(row.key.study.view());
    if (tag == tags::SeriesInstanceUID) return level_ != Level::study && text(row.key.series.view());
    if (tag == tags::SOPInstanceUID) return level_ == Level::instance && text(row.key.instance.view());
    if (!field.indexed) return false;
    // Of each level its own: a series may have been made in another zone than the study's latest.
    if (tag == tags::TimezoneOffsetFromUTC) {
        const std::string* zone = find_value(level_ == Level::study ? row.study : row.series, tag);
        return zone != nullptr && text(*zone);
    }
    for (const index::AttributeValues* values : {&row.study, &row.series, &row.instance}) {
        const std::string* value = find_value(*values, tag);
        if (value == nullptr) continue;
        // The compatibility faces know one value of what the index keeps.
        return text(profile_.standard ? *value : std::string_view(*value).substr(0, value->find('\\')));
    }
    return false;
}

bool RowWriter::append_stored(std::string& out, const Field& field) const {
    const std::string_view json = stored(field.field.tag);
    if (json.empty()) return false;
    out.append(field.head, 0, 11);
    out += json;
    return true;
}

void RowWriter::append_field(std::string& out, const Field& field, const index::SearchRow& row) {
    const std::size_t before = out.size();
    if (out.back() != '{') out += ',';
    if (append_computed(out, field, row)) return;
    const bool path_uid =
        field.field.tag == tags::StudyInstanceUID || field.field.tag == tags::SeriesInstanceUID;
    // An element without a value does not hide what the study or series has from another instance
    // (dicomweb.md 10.2); an instance's own row shows its own values.
    const bool fall_back = profile_.standard || path_uid || level_ != Level::instance;
    const bool stored_value = stored(field.field.tag).size() > kEmptyElement.size();
    const bool done = index_first_ || stored_.empty() || (!stored_value && fall_back)
                          ? append_indexed(out, field, row) || append_stored(out, field)
                          : append_stored(out, field);
    if (done) return;
    if (field.field.required)
        out += field.head + "}";
    else
        out.resize(before);
}

void RowWriter::append(std::string& out, const index::SearchRow& row) {
    filter_document(row);
    out += '{';
    // What the document was asked for beside the fields: everything, or private attributes.
    auto next = stored_.begin();
    const auto append_others = [&](std::optional<Tag> before) {
        for (; next != stored_.end() && (!before || next->tag < *before); ++next)
            (out += out.back() == '{' ? "\"" : ",\"")
                .append(dicom::to_hex8(next->tag))
                .append("\":")
                .append(next->json);
    };
    for (const Field& field : fields_) {
        append_others(field.field.tag);
        if (next != stored_.end() && next->tag == field.field.tag) ++next;
        append_field(out, field, row);
    }
    append_others(std::nullopt);
    out += '}';
    // What one long document took is not kept for the rows behind it.
    constexpr std::size_t kKeptBytes = 64 * 1024;
    if (filtered_.size() > kKeptBytes) filtered_ = std::string();
}

}  // namespace isocenter::api
