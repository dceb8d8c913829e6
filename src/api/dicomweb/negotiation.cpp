#include "api/dicomweb/negotiation.h"

#include <algorithm>
#include <array>

#include "dicom/transfer_syntax.h"
#include "dicom/value_rules.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kDicom = "application/dicom";
constexpr std::string_view kOctets = "application/octet-stream";
constexpr std::string_view kAny = "*";
constexpr std::string_view kJpeg2000Lossless = "1.2.840.10008.1.2.4.90";
constexpr std::string_view kHtj2kLossless = "1.2.840.10008.1.2.4.201";
constexpr std::string_view kHtj2kRpcl = "1.2.840.10008.1.2.4.202";

struct TypeDefault {
    std::string_view media_type;
    std::string_view syntax;
};

/// Pixel data media types and the syntax that each means without a parameter (PS3.18 table 8.7.3-5).
constexpr std::array kPixelTypes = {
    TypeDefault{"application/octet-stream", dicom::kExplicitVrLittleEndian},
    TypeDefault{"image/jpeg", "1.2.840.10008.1.2.4.70"},
    TypeDefault{"image/dicom-rle", dicom::kRleLossless},
    TypeDefault{"image/jls", "1.2.840.10008.1.2.4.80"},
    TypeDefault{"image/jp2", kJpeg2000Lossless},
    TypeDefault{"image/jpx", "1.2.840.10008.1.2.4.92"},
    TypeDefault{"image/jphc", kHtj2kLossless},
    TypeDefault{"image/jxl", "1.2.840.10008.1.2.4.110"},
    TypeDefault{"video/mpeg", "1.2.840.10008.1.2.4.101"},
    TypeDefault{"video/mp4", "1.2.840.10008.1.2.4.102"},
    TypeDefault{"video/h265", "1.2.840.10008.1.2.4.107"},
};

std::string_view default_syntax(std::string_view media_type) {
    for (const TypeDefault& row : kPixelTypes) {
        if (http::equals_ignore_case(row.media_type, media_type)) return row.syntax;
    }
    return {};
}

struct Offer {
    std::string media_type;
    bool multipart = false;
};

void add_pixel_offers(std::vector<Offer>& offers, bool multipart) {
    for (const TypeDefault& row : kPixelTypes)
        offers.push_back({std::string(row.media_type), multipart});
}

/// In our order of preference (standard-face.md 2.2-2.4).
std::vector<Offer> standard_offers(ByteResource resource, std::string_view own_type) {
    std::vector<Offer> offers;
    switch (resource) {
        case ByteResource::object_set:
            offers = {{std::string(kDicom), true}, {"application/zip", false}};
            add_pixel_offers(offers, true);
            break;
        case ByteResource::object:
            offers = {{std::string(kDicom), true}, {std::string(kDicom), false}, {"application/zip", false}};
            add_pixel_offers(offers, true);
            break;
        case ByteResource::frame_list:
            add_pixel_offers(offers, true);
            break;
        case ByteResource::frame:
            add_pixel_offers(offers, true);
            add_pixel_offers(offers, false);
            break;
        case ByteResource::bulk_value:
            if (!own_type.empty()) offers = {{std::string(own_type), false}, {std::string(own_type), true}};
            add_pixel_offers(offers, false);
            add_pixel_offers(offers, true);
            break;
    }
    return offers;
}

/// dicomweb.md 5.1.
std::vector<Offer> compatibility_offers(ByteResource resource, std::string_view own_type) {
    switch (resource) {
        case ByteResource::object_set:
            return {{std::string(kDicom), true}};
        case ByteResource::object:
            return {{std::string(kDicom), true}, {std::string(kDicom), false}};
        case ByteResource::frame_list:
            return {{std::string(kOctets), true}, {"image/jp2", true}};
        case ByteResource::frame:
            return {{std::string(kOctets), true}, {std::string(kOctets), false}, {"image/jp2", true}};
        case ByteResource::bulk_value:
            return standard_offers(resource, own_type);
    }
    return {};
}

std::vector<Offer> offers_of(const Profile& profile, ByteResource resource, std::string_view own_type) {
    return profile.standard ? standard_offers(resource, own_type) : compatibility_offers(resource, own_type);
}

bool type_fits(std::string_view range, std::string_view media_type, int& closeness) {
    closeness = 0;
    if (range == "*/*") return true;
    closeness = 1;
    if (range.ends_with("/*"))
        return http::starts_with_ignore_case(media_type, range.substr(0, range.size() - 1));
    closeness = 2;
    return http::equals_ignore_case(range, media_type);
}

/// One range as it bears on one offer.
struct Match {
    int closeness = -1;  ///< -1: does not fit
    bool wildcard = false;
    bool bare_wildcard = false;  ///< `*/*` or `image/*` without multipart
    std::string syntax;
};

/// Several `transfer-syntax` parameters: `*` wins, else the first (standard-face.md 2.1).
std::string syntax_of(const http::MediaType& range) {
    const auto given = range.all("transfer-syntax");
    if (given.empty()) return {};
    if (std::ranges::find(given, kAny) != given.end()) return std::string(kAny);
    return std::string(http::trim(given.front()));
}

Match match(const http::MediaType& range, const Offer& offer) {
    Match result;
    result.syntax = syntax_of(range);
    int closeness = 0;
    if (range.type == "multipart") {
        if (!offer.multipart || (range.subtype != "related" && range.subtype != "*")) return result;
        const std::string root(range.param("type").value_or("*/*"));
        const std::string_view type = std::string_view(root).substr(0, root.find(';'));
        if (!type_fits(http::trim(type), offer.media_type, closeness)) return result;
    } else {
        if (!type_fits(range.essence(), offer.media_type, closeness)) return result;
        if (offer.multipart && closeness == 2) return result;
        result.bare_wildcard = closeness < 2;
    }
    result.wildcard = closeness < 2;
    result.closeness = closeness;
    return result;
}

struct Found {
    Match match;
    double q = 0;
};

/// The most specific range of each syntax that is named for the offer, and of none.
std::vector<Found> find_ranges(std::span<const http::MediaType> ranges, const Offer& offer) {
    std::vector<Found> found;
    for (const http::MediaType& range : ranges) {
        const Match m = match(range, offer);
        if (m.closeness < 0) continue;
        const auto same =
            std::ranges::find_if(found, [&m](const Found& f) { return f.match.syntax == m.syntax; });
        if (same == found.end()) {
            found.push_back({m, range.q});
        } else if (m.closeness > same->match.closeness) {
            *same = {m, range.q};
        }
    }
    return found;
}

/// The wishes that one list holds for one offer: one per syntax named, each with the q of the most specific
/// range that names it.
void add_wishes(std::vector<Wish>& wishes, std::span<const http::MediaType> ranges, const Offer& offer,
                unsigned offer_rank) {
    const std::vector<Found> found = find_ranges(ranges, offer);
    for (const Found& f : found) {
        if (f.q <= 0) continue;
        Wish wish{offer.media_type, offer.multipart, f.match.syntax, f.match.wildcard, f.q, 0};
        // A bare wildcard means the resource's default; `multipart/related; type="*/*"` means whatever is
        // cheapest, since every client that sends it takes compressed frames (standard-face.md 2.2).
        if (f.match.bare_wildcard) wish.rank = offer_rank;
        for (const Found& other : found) {
            const bool closer = !other.match.syntax.empty() && other.match.closeness >= f.match.closeness;
            if (closer && other.q < f.q) wish.other_syntaxes.push_back(other.match.syntax);
        }
        wishes.push_back(std::move(wish));
    }
}

/// Which syntaxes the compatibility faces let a range name, and what an absent one means (dicomweb.md 5.1).
bool apply_compatibility_rules(Wish& wish, ByteResource resource) {
    if (resource == ByteResource::bulk_value) return true;
    const bool explicit_any = wish.syntax == kAny;
    if (wish.syntax.empty()) {
        if (wish.wildcard)
            wish.syntax = kAny;
        else
            wish.syntax = wish.media_type == "image/jp2" ? kJpeg2000Lossless : dicom::kExplicitVrLittleEndian;
    }
    wish.rank = explicit_any ? 0 : wish.rank + 1;
    if (wish.media_type == "image/jp2") return wish.syntax == kJpeg2000Lossless;
    if (wish.syntax == kAny || wish.syntax == dicom::kExplicitVrLittleEndian) return true;
    return wish.media_type == kDicom && wish.syntax == kJpeg2000Lossless;
}

/// Frames of these go out as Explicit VR Little Endian only (standard-face.md 2.4).
bool is_uncompressed(const dicom::TransferSyntax& syntax) {
    return !syntax.encapsulated || syntax.uid == dicom::kEncapsulatedUncompressed;
}

/// Whether stored bytes may go out on this face at all: PS3.18 8.7.3 bans implicit VR and big endian (D15).
bool may_travel(const Profile& profile, const dicom::TransferSyntax& syntax) {
    return !profile.standard || (syntax.explicit_vr && syntax.little_endian);
}

/// What frames are in; empty when nobody knows.
std::string_view frame_syntax(const StoredForm& stored) {
    return stored.pixel_syntax ? *stored.pixel_syntax : stored.syntax;
}

/// What the object should have as its label: the label that it has when nothing better is known.
std::string_view object_syntax(const StoredForm& stored) {
    return frame_syntax(stored).empty() ? std::string_view(stored.syntax) : frame_syntax(stored);
}

/// A stream of .4.202 is one of .4.201 with further promises.
bool satisfies(std::string_view stored, std::string_view asked) {
    return stored == asked || (stored == kHtj2kRpcl && asked == kHtj2kLossless);
}

Delivery verbatim(std::string_view syntax, std::string_view media_type) {
    return {Delivery::Way::verbatim, std::string(syntax), std::string(media_type)};
}

int cost(Delivery::Way way) {
    switch (way) {
        case Delivery::Way::verbatim:
            return 0;
        case Delivery::Way::explicit_little:
            return 1;
        case Delivery::Way::decoded:
            return 2;
    }
    return 3;
}

std::optional<Delivery> native_frame(const StoredForm& stored, const dicom::TransferSyntax& syntax,
                                     std::string_view media_type) {
    Delivery delivery{Delivery::Way::verbatim, std::string(dicom::kExplicitVrLittleEndian),
                      std::string(media_type)};
    if (!syntax.encapsulated) return delivery;
    if (!stored.decodable) return std::nullopt;
    delivery.way = Delivery::Way::decoded;
    return delivery;
}

/// Any syntax may also be the uncompressed one, where the stored one is not what the wish stands for.
std::optional<Delivery> deliver_as_meant(const Profile& profile, const Wish& wish, const StoredForm& stored,
                                         Deliver deliver) {
    auto delivery = deliver(profile, wish, stored);
    if (!delivery || !profile.standard || wish.stands_for(delivery->syntax)) return delivery;
    if (wish.syntax != kAny || !wish.stands_for(dicom::kExplicitVrLittleEndian)) return std::nullopt;
    Wish uncompressed = wish;
    uncompressed.syntax = dicom::kExplicitVrLittleEndian;
    return deliver(profile, uncompressed, stored);
}

}  // namespace

std::vector<Wish> find_wishes(const Profile& profile, const AcceptLists& accept, ByteResource resource,
                              std::string_view own_type) {
    const std::vector<Offer> offers = offers_of(profile, resource, own_type);
    std::vector<Wish> wishes;
    for (const auto* list : {&accept.parameter, &accept.header}) {
        std::vector<Wish> tier;
        for (std::size_t i = 0; i < offers.size(); ++i)
            add_wishes(tier, *list, offers[i], static_cast<unsigned>(i));
        if (!profile.standard)
            std::erase_if(tier, [resource](Wish& w) { return !apply_compatibility_rules(w, resource); });
        std::ranges::stable_sort(
            tier, [](const Wish& a, const Wish& b) { return a.q != b.q ? a.q > b.q : a.rank < b.rank; });
        // What the parameter asks for beats what the header asks for, whatever the qualities (D3).
        if (list == &accept.header && !wishes.empty()) {
            for (Wish& wish : tier)
                wish.q -= 1;
        }
        wishes.insert(wishes.end(), tier.begin(), tier.end());
    }
    return wishes;
}

std::vector<std::string> offered_types(const Profile& profile, ByteResource resource) {
    std::vector<std::string> types;
    for (const Offer& offer : offers_of(profile, resource, {}))
        types.push_back(range_text(offer.media_type, offer.multipart, {}));
    return types;
}

std::optional<Delivery> deliver_object(const Profile& profile, const Wish& wish, const StoredForm& stored) {
    const std::string_view uid = object_syntax(stored);
    const dicom::TransferSyntax syntax = dicom::transfer_syntax(uid);
    const bool as_it_is = may_travel(profile, dicom::transfer_syntax(stored.syntax)) && !stored.mislabelled &&
                          uid == stored.syntax;
    const auto rewritten = [](std::string_view label) {
        return Delivery{Delivery::Way::explicit_little, std::string(label), std::string(kDicom)};
    };
    // Compressed pixel data keep their syntax when just the data set around them is rewritten.
    const auto as_stored = [&] {
        if (as_it_is) return verbatim(stored.syntax, kDicom);
        return rewritten(syntax.encapsulated ? uid : dicom::kExplicitVrLittleEndian);
    };
    const auto as_explicit = [&]() -> std::optional<Delivery> {
        if (syntax.encapsulated) {
            if (!stored.decodable) return std::nullopt;
            return Delivery{Delivery::Way::decoded, std::string(dicom::kExplicitVrLittleEndian),
                            std::string(kDicom)};
        }
        if (as_it_is && stored.syntax == dicom::kExplicitVrLittleEndian) return as_stored();
        return rewritten(dicom::kExplicitVrLittleEndian);
    };
    if (wish.syntax == kAny) return as_stored();
    if (wish.syntax.empty()) {
        if (auto delivery = as_explicit()) return delivery;
        if (syntax.lossy || wish.wildcard || !stored.fits) return as_stored();
        return std::nullopt;
    }
    if (wish.syntax == dicom::kExplicitVrLittleEndian) return as_explicit();
    if (satisfies(uid, wish.syntax) && (as_it_is || syntax.encapsulated)) return as_stored();
    return std::nullopt;
}

std::optional<Delivery> deliver_frame(const Profile& profile, const Wish& wish, const StoredForm& stored) {
    const std::string_view uid = frame_syntax(stored);
    if (stored.pixel_syntax && uid.empty()) return std::nullopt;
    const dicom::TransferSyntax syntax = dicom::transfer_syntax(uid);
    const bool octets = wish.media_type == kOctets;
    const bool own = http::equals_ignore_case(wish.media_type, syntax.media_type);
    if (!octets && !own) return std::nullopt;
    if (is_uncompressed(syntax) && !octets) return std::nullopt;
    if (wish.syntax == kAny) {
        if (is_uncompressed(syntax)) return native_frame(stored, syntax, kOctets);
        return verbatim(uid, profile.standard && octets ? syntax.media_type : wish.media_type);
    }
    if (wish.syntax.empty()) {
        if (octets) {
            if (auto native = native_frame(stored, syntax, kOctets)) return native;
            if (!syntax.lossy && !wish.wildcard) return std::nullopt;
            return verbatim(uid, wish.wildcard ? syntax.media_type : kOctets);
        }
        if (satisfies(uid, default_syntax(wish.media_type)) || syntax.lossy || wish.wildcard)
            return verbatim(uid, syntax.media_type);
        return std::nullopt;
    }
    if (octets && wish.syntax == dicom::kExplicitVrLittleEndian) return native_frame(stored, syntax, kOctets);
    if (!is_uncompressed(syntax) && satisfies(uid, wish.syntax))
        return verbatim(uid, octets ? kOctets : syntax.media_type);
    return std::nullopt;
}

Delivery as_octets(const StoredForm& stored) {
    return verbatim(frame_syntax(stored), kOctets);
}

bool Wish::stands_for(std::string_view uid) const {
    return std::ranges::find(other_syntaxes, uid) == other_syntaxes.end();
}

std::optional<Choice> choose(const Profile& profile, std::span<const Wish> wishes, const StoredForm& stored,
                             Deliver deliver) {
    std::optional<Choice> best;
    for (const Wish& wish : wishes) {
        if (best && (wish.q < best->wish.q || (wish.q == best->wish.q && wish.rank > best->wish.rank))) break;
        auto delivery = deliver_as_meant(profile, wish, stored, deliver);
        if (!delivery) continue;
        if (!best || cost(delivery->way) < cost(best->delivery.way))
            best = Choice{wish, *std::move(delivery)};
    }
    return best;
}

std::vector<std::string> available_ranges(const Profile& profile, ByteResource resource,
                                          const StoredForm& stored) {
    const bool object = resource == ByteResource::object || resource == ByteResource::object_set;
    const std::string_view uid = object ? object_syntax(stored) : frame_syntax(stored);
    const dicom::TransferSyntax syntax = dicom::transfer_syntax(uid);
    std::vector<std::string> ranges;
    const auto offer = [&](std::string_view type, std::string_view wanted) {
        const Wish wish{std::string(type), true, std::string(wanted), false, 1, 0};
        const auto delivery =
            object ? deliver_object(profile, wish, stored) : deliver_frame(profile, wish, stored);
        if (delivery) ranges.push_back(range_text(type, true, delivery->syntax));
    };
    const std::string_view type = object ? kDicom : syntax.media_type;
    if (uid != dicom::kExplicitVrLittleEndian) offer(type, uid);
    offer(object ? kDicom : kOctets, dicom::kExplicitVrLittleEndian);
    return ranges;
}

std::string range_text(std::string_view media_type, bool multipart, std::string_view syntax) {
    std::string text =
        multipart ? "multipart/related; type=\"" + std::string(media_type) + "\"" : std::string(media_type);
    if (!syntax.empty()) text += "; transfer-syntax=" + std::string(syntax);
    return text;
}

}  // namespace isocenter::api
