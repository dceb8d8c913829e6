#include "fhir/mapping/date_time.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

std::string offset_of(const DataSet& source, const Context& context) {
    const auto stored = first_text(source, "00080201");
    if (stored.empty()) return {};
    if (const auto offset = to_fhir_offset(stored)) return *offset;
    context.invalid("00080201", stored, "TimezoneOffsetFromUTC is no offset");
    return {};
}

std::string started(const DataSet& source, std::string_view date_tag, std::string_view time_tag,
                    const Context& context) {
    const auto date = first_text(source, date_tag);
    if (date.empty()) return {};
    const auto time = first_text(source, time_tag);
    if (!time.empty() && !is_time(time)) context.invalid(time_tag, time, "is no time");
    const auto offset = offset_of(source, context);
    const auto moment = to_fhir_date_time(date, time, offset, context.options.default_time_zone);
    if (moment) return *moment;
    context.invalid(date_tag, date, "is no date");
    return {};
}

}  // namespace isocenter::fhir
