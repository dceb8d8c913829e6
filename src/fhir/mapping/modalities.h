#pragma once

#include <array>
#include <string_view>

/// The defined terms of Modality (0008,0060): PS3.16 CID 29 and the retired ones of PS3.3 C.7.3.1.1.1. FHIR
/// R4 comes with a copy of DICOM's codes (CodeSystem `http://dicom.nema.org/resources/ontology/DCM`) that is
/// older than some of them, and a server that validates refuses a study for a code the copy has not.
namespace isocenter::fhir {

struct Modality {
    std::string_view code;
    bool is_in_r4;  ///< whether the copy has it
};

inline constexpr auto kModalities = std::to_array<Modality>({
    {"ANN", false},        {"AR", true},     {"AS", true},     {"ASMT", false},    {"AU", true},
    {"BDUS", true},        {"BI", true},     {"BMD", true},    {"CD", true},       {"CF", true},
    {"CFM", false},        {"CP", true},     {"CR", true},     {"CS", true},       {"CT", true},
    {"CTPROTOCOL", false}, {"DD", true},     {"DF", true},     {"DG", true},       {"DM", true},
    {"DMS", false},        {"DOC", false},   {"DS", true},     {"DX", true},       {"EC", true},
    {"ECG", true},         {"EEG", false},   {"EMG", false},   {"EOG", false},     {"EPS", true},
    {"ES", true},          {"FA", true},     {"FID", false},   {"FS", true},       {"GM", true},
    {"HC", true},          {"HD", true},     {"IO", true},     {"IOL", false},     {"IVOCT", true},
    {"IVUS", true},        {"KER", true},    {"KO", true},     {"LEN", true},      {"LP", true},
    {"LS", true},          {"M3D", false},   {"MA", true},     {"MG", true},       {"MR", true},
    {"MS", true},          {"NM", true},     {"OAM", true},    {"OCT", true},      {"OP", true},
    {"OPM", true},         {"OPR", true},    {"OPT", true},    {"OPTBSV", false},  {"OPTENF", false},
    {"OPV", true},         {"OSS", true},    {"OT", true},     {"PA", false},      {"PLAN", false},
    {"POS", false},        {"PR", true},     {"PT", true},     {"PX", true},       {"REG", true},
    {"RESP", false},       {"RF", true},     {"RG", true},     {"RTDOSE", true},   {"RTIMAGE", true},
    {"RTINTENT", false},   {"RTPLAN", true}, {"RTRAD", false}, {"RTRECORD", true}, {"RTSEGANN", false},
    {"RTSTRUCT", true},    {"RWV", false},   {"SEG", true},    {"SM", true},       {"SMR", true},
    {"SR", true},          {"SRF", true},    {"ST", true},     {"STAIN", false},   {"TEXTUREMAP", false},
    {"TG", true},          {"US", true},     {"VA", true},     {"VF", true},       {"XA", true},
    {"XAPROTOCOL", false}, {"XC", true},
});

}  // namespace isocenter::fhir
