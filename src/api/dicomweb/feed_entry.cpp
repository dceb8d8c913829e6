#include "api/dicomweb/feed_entry.h"

#include <string_view>

#include "base/clock.h"
#include "base/utf8.h"
#include "dicom/json_filter.h"

namespace isocenter::api {
namespace {

std::string_view to_word(index::Action action) {
    switch (action) {
        case index::Action::create:
            return "Create";
        case index::Action::remove:
            return "Delete";
        case index::Action::update:
            return "Update";
    }
    return "Create";
}

std::string_view to_word(index::State state) {
    switch (state) {
        case index::State::current:
            return "Current";
        case index::State::replaced:
            return "Replaced";
        case index::State::deleted:
            return "Deleted";
    }
    return "Current";
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out += ",\"";
    out += name;
    out += "\":\"";
    append_json_escaped(out, value);
    out += '"';
}

}  // namespace

void append_change(std::string& out, const index::Change& change) {
    out += "{\"sequence\":" + std::to_string(change.sequence);
    append_member(out, "partitionName", change.partition_name);
    append_member(out, "studyInstanceUid", change.key.study.view());
    append_member(out, "seriesInstanceUid", change.key.series.view());
    append_member(out, "sopInstanceUid", change.key.instance.view());
    append_member(out, "action", to_word(change.action));
    append_member(out, "timestamp", to_iso8601(change.time));
    append_member(out, "state", to_word(change.state));
    if (change.document) {
        dicom::JsonView view;
        view.drop_bulk = true;
        view.hidden = &change.document->hidden;
        out += ",\"metadata\":";
        dicom::append_filtered(out, change.document->json, view);
    }
    out += '}';
}

}  // namespace isocenter::api
