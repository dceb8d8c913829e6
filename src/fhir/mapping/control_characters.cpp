#include <array>

#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// Attributes whose text becomes part of a resource, and the sequences that hold such. Content items of dose
/// reports are not among them: most are of no concern here.
constexpr auto kRead = std::to_array<std::string_view>(
    {"00080050", "00080051", "00080060", "00080070", "00080080", "00080090", "00080096", "00080100",
     "00080102", "00080104", "00080119", "00080120", "00081010", "00081030", "00081032", "0008103E",
     "00081040", "00081050", "00081060", "00081062", "00081070", "00081090", "00082218", "00100010",
     "00100020", "00100021", "00100040", "00180015", "00200060", "0040100A", "00400275", "00400551",
     "00400560", "00401002", "00401101", "0040A043", "00420010"});

class Scan {
  public:
    explicit Scan(const Context& context) : context_(context) {}

    void data_set(const DataSet& data_set) const {
        for (const auto tag : kRead) {
            const auto* values = values_of(data_set, tag);
            if (values == nullptr) continue;
            for (const auto& each : *values)
                value(tag, each);
        }
    }

  private:
    void value(std::string_view tag, const json::value& value) const {
        if (const auto* text = value.if_string()) {
            if (!is_in_fhir(std::string_view{*text}))
                context_.invalid(tag, *text, "has control characters, for which FHIR has no place");
        } else if (const auto* object = value.if_object()) {
            // A name by its groups, or an item.
            for (const auto* group : {"Alphabetic", "Ideographic", "Phonetic"}) {
                if (const auto* name = object->if_contains(group); name != nullptr && name->is_string())
                    this->value(tag, *name);
            }
            data_set(*object);
        }
    }

    const Context& context_;
};

}  // namespace

void record_control_characters(const Agreement& instances, const Context& context) {
    for (const auto* instance : instances.instances())
        Scan{context}.data_set(*instance);
}

}  // namespace isocenter::fhir
