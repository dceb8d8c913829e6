#pragma once

#include <array>
#include <string_view>

/// The content items of radiation dose reports that become components (PS3.16 TID 10001, 10003, 10011, 10013,
/// 10021, 10022; fhir-sync.md 11.2, 11.5).
namespace isocenter::fhir {

enum class DoseNode { none, summary, event };

struct DoseConcept {
    std::string_view code;
    std::string_view designator;  ///< DCM or SCT; older SNOMED codes are read as SCT
    std::string_view meaning;
    enum class Kind { quantity, integer, text, coded } kind;
    bool in_summary;
    bool in_event;
};

inline constexpr std::array kDoseConcepts{
    DoseConcept{"113725", "DCM", "Dose (RP) Total", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"111637", "DCM", "Accumulated Average Glandular Dose", DoseConcept::Kind::quantity, true,
                false},
    DoseConcept{"113722", "DCM", "Dose Area Product Total", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"113726", "DCM", "Fluoro Dose Area Product Total", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"113727", "DCM", "Acquisition Dose Area Product Total", DoseConcept::Kind::quantity, true,
                false},
    DoseConcept{"113730", "DCM", "Total Fluoro Time", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"113731", "DCM", "Total Number of Radiographic Frames", DoseConcept::Kind::integer, true,
                false},
    DoseConcept{"113507", "DCM", "Administered activity", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"113813", "DCM", "CT Dose Length Product Total", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"113812", "DCM", "Total Number of Irradiation Events", DoseConcept::Kind::integer, true,
                false},
    DoseConcept{"113830", "DCM", "Mean CTDIvol", DoseConcept::Kind::quantity, true, true},
    DoseConcept{"123005", "DCM", "Radiopharmaceutical Volume", DoseConcept::Kind::quantity, true, false},
    DoseConcept{"349358000", "SCT", "Radiopharmaceutical agent", DoseConcept::Kind::text, true, false},
    DoseConcept{"89457008", "SCT", "Radionuclide", DoseConcept::Kind::text, true, false},
    DoseConcept{"410675002", "SCT", "Route of administration", DoseConcept::Kind::coded, true, false},
    DoseConcept{"113838", "DCM", "DLP", DoseConcept::Kind::quantity, false, true},
    DoseConcept{"113835", "DCM", "CTDIw Phantom Type", DoseConcept::Kind::coded, false, true},
};

struct DoseNodeConcept {
    std::string_view code;
    DoseNode node;
};

/// Codes of DCM that make a container a report or an event.
inline constexpr std::array kDoseNodes{
    DoseNodeConcept{"113701", DoseNode::summary}, DoseNodeConcept{"113500", DoseNode::summary},
    DoseNodeConcept{"113706", DoseNode::event},   DoseNodeConcept{"113819", DoseNode::event},
    DoseNodeConcept{"113502", DoseNode::event},
};

}  // namespace isocenter::fhir
