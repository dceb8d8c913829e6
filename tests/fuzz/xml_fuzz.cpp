// Any text as Native DICOM Model: what is read is written in a form that reads and writes the same.
#include "base/utf8.h"
#include "dicom/json_writer.h"
#include "dicom/value_rules.h"
#include "dicom/xml.h"
#include "support.h"

namespace {

using namespace isocenter;
using namespace isocenter::dicom;
using fuzz::require;

std::string rewritten(const std::string& document) {
    const auto set = read_xml(document);
    require(set.ok());
    return to_xml(*set);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::text_of(data, size));
    const auto set = read_xml(text);
    if (!set) return 0;
    const std::string written = to_xml(*set);
    require(is_utf8(written) && is_utf8(to_json(*set)));
    // The first writing drops what XML cannot hold, which may uncover padding for the second.
    const std::string second = rewritten(written);
    require(rewritten(second) == second);
    (void)check_data_set(*set);
    return 0;
}
