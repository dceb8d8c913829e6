#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace isocenter::fhir {

/// What to do when a study in FHIR refers to another patient than the archive.
enum class SubjectMismatch {
    by_owner,  ///< `relink` studies of ours, `keep` those of others
    relink,
    keep,  ///< with a finding
    dead_letter,
};

enum class ForeignPatient {
    fill,  ///< overwrite usual name and gender, fill a missing birth date
    keep,  ///< write nothing
};

enum class IdentityMode {
    automatic,    ///< ids of our choice where the server creates on PUT, else `conditional`
    conditional,  ///< POST with ifNoneExist
};

/// Where the studies of a partition go.
struct PartitionRule {
    std::string target{};          ///< empty: the default target
    std::string patient_system{};  ///< empty: `patient_system_id`
};

inline constexpr std::string_view kDefaultPartition = "Microsoft.Default";

/// What shapes the content written to one target. The names are those of the settings.
struct Options {
    std::string own_endpoint{};       ///< DICOMweb root as clients see it; written into the resources
    std::string target{};             ///< name of this target; empty: the default one
    std::string patient_system_id{};  ///< may be empty: identifier without system
    bool is_issuer_id_used = false;   ///< (0010,0024), (0010,0021) choose the system
    std::map<std::string, std::string, std::less<>> issuer_map{};  ///< issuer text -> URI
    /// Partitions beside Microsoft.Default are synchronised only when named here.
    std::map<std::string, PartitionRule, std::less<>> partitions{};
    std::string default_time_zone = "UTC";  ///< IANA name, for instances without (0008,0201)
    bool legacy_codings = false;            ///< modality system `DCM`, SOP class without system
    bool description_as_note = false;       ///< StudyDescription as one note as well
    std::size_t max_inline_instances = 10'000;
    bool generate_observations = true;
    bool enforce_validation = false;  ///< an invalid optional value fails the study
    SubjectMismatch subject_mismatch = SubjectMismatch::by_owner;
    ForeignPatient foreign_patient = ForeignPatient::fill;
    IdentityMode identity = IdentityMode::automatic;
};

/// Whether the studies of `partition` go to `options.target`.
bool is_synchronised(std::string_view partition, const Options& options);
/// Those whose studies do; Microsoft.Default first.
std::vector<std::string> synchronised_partitions(const Options& options);
/// Whether studies of `partition` carry a second identifier, because they share the target with another one.
bool is_marked_partition(std::string_view partition, const Options& options);
/// Whether `name` is a time zone that `default_time_zone` may hold.
bool is_time_zone(const std::string& name);

}  // namespace isocenter::fhir
