// Any text as DICOM JSON: what is read is written in a form that reads and writes the same, and passes the
// other users of data sets. The same text as stored JSON: every view of a face goes through it safely.
#include "base/utf8.h"
#include "dicom/json_filter.h"
#include "dicom/json_reader.h"
#include "dicom/json_writer.h"
#include "dicom/tags.h"
#include "dicom/value_rules.h"
#include "dicom/xml.h"
#include "support.h"

namespace {

using namespace isocenter;
using namespace isocenter::dicom;
using fuzz::require;

void filter(std::string_view stored) {
    const std::vector<std::string> hidden = {"00080018", "00880200/1/7FE00010"};
    const std::vector<Tag> only = {tags::PatientName, tags::SOPInstanceUID};
    for (const bool compatible : {false, true}) {
        JsonView view{.bulk_prefix = "http://h/", .drop_bulk = compatible, .strip_padding = !compatible};
        std::string out;
        append_filtered(out, stored, view);
        view.hidden = &hidden;
        view.only = &only;
        view.character_set = "ISO_IR 192";
        append_filtered(out, stored, view);
    }
    (void)find_attribute(stored, tags::PatientName);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::text_of(data, size));
    filter(text);
    const auto sets = read_json(text);
    if (!sets) return 0;
    for (const DataSet& set : *sets) {
        const std::string written = to_json(set);
        require(is_utf8(written));
        const auto again = read_json(written);
        require(again.ok() && again->size() == 1 && to_json(again->front()) == written);
        filter(written);
        (void)to_xml(set);
        (void)check_data_set(set);
    }
    return 0;
}
