#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/dicomweb/accept.h"
#include "api/profile.h"

namespace isocenter::api {

/// The kinds of resources whose answer is bytes in a transfer syntax.
enum class ByteResource {
    object_set,  ///< a study or series of DICOM files
    object,      ///< one DICOM file
    frame_list,  ///< frames of an instance, several
    frame,       ///< one frame
    bulk_value,  ///< one bulk value, or pixel data below a study, series or instance
};

/// A form that the client would take, before it is known what is stored.
struct Wish {
    std::string media_type;  ///< of the body or of its parts: "application/dicom", "image/jls"
    bool multipart = false;
    std::string syntax;     ///< a UID, "*" for the stored one, or empty: the default of the media type
    bool wildcard = false;  ///< the range named no complete type: anything is better than a refusal
    double q = 1;
    unsigned rank = 0;  ///< of wishes with equal q those of lower rank come first, whatever they cost
    /// Syntaxes that this wish does not stand for: a range that is at least as specific names them with a
    /// lower q, which may be 0.
    std::vector<std::string> other_syntaxes{};

    bool stands_for(std::string_view uid) const;
};

/// The wishes in falling order of preference (standard-face.md 2.2; dicomweb.md 5.1). Empty: 406, whatever is
/// stored. `own_type`: for bulk values the type of the element itself, else empty.
std::vector<Wish> find_wishes(const Profile& profile, const AcceptLists& accept, ByteResource resource,
                              std::string_view own_type = {});

/// The media ranges without a transfer syntax that a face offers for a resource, in its order of preference:
/// what descriptions of the interface list. A bulk value's own type is not among them.
std::vector<std::string> offered_types(const Profile& profile, ByteResource resource);

/// What is stored, as far as the choice depends on it.
struct StoredForm {
    std::string syntax;  ///< transfer syntax UID
    bool has_pixels = true;
    bool decodable = false;    ///< compressed pixels can be given as native ones
    bool mislabelled = false;  ///< the data set is not encoded as `syntax` says (dicom::ObjectLayout)
    /// The syntax of the pixel data when it is another one than `syntax`; empty when nobody knows it.
    std::optional<std::string> pixel_syntax{};
    bool fits = true;  ///< uncompressed pixel data would fit into an object
};

/// How one wish is met.
struct Delivery {
    enum class Way {
        verbatim,         ///< the stored bytes
        explicit_little,  ///< data set or pixels rewritten as explicit VR little endian, nothing decoded
        decoded,          ///< pixels decoded to native
    };
    Way way = Way::verbatim;
    std::string syntax;      ///< what the answer is labelled with
    std::string media_type;  ///< of the part
    friend bool operator==(const Delivery&, const Delivery&) = default;
};

/// How an object stored as `stored` meets `wish`; nothing when it cannot be given so.
std::optional<Delivery> deliver_object(const Profile& profile, const Wish& wish, const StoredForm& stored);
/// The same for a frame or for encapsulated pixel data.
std::optional<Delivery> deliver_frame(const Profile& profile, const Wish& wish, const StoredForm& stored);
/// Encapsulated pixel data as they are, in the type that says nothing.
Delivery as_octets(const StoredForm& stored);

struct Choice {
    Wish wish;
    Delivery delivery;
};
using Deliver = std::optional<Delivery> (*)(const Profile&, const Wish&, const StoredForm&);
/// The best of `wishes` that can be met: highest q, lowest rank, cheapest way, then the order given.
std::optional<Choice> choose(const Profile& profile, std::span<const Wish> wishes, const StoredForm& stored,
                             Deliver deliver);

/// What could be had of an object or frame stored as `stored`: media ranges for error bodies.
std::vector<std::string> available_ranges(const Profile& profile, ByteResource resource,
                                          const StoredForm& stored);

/// `multipart/related; type="<type>"; transfer-syntax=<uid>` or the single-part form.
std::string range_text(std::string_view media_type, bool multipart, std::string_view syntax);

}  // namespace isocenter::api
