#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dicom/tag.h"

namespace isocenter::dicom {

/// How a face turns the JSON that append_json made into what it sends.
struct JsonView {
    /// Absolute prefix of BulkDataURIs, ending in '/':
    /// `https://host/dicom-web/studies/1/series/2/instances/3/bulkdata/`.
    std::string_view bulk_prefix;
    /// The compatibility faces (dicomweb.md section 3): elements of OB OD OF OL OV OW UN are left out at
    /// every level; FL/FD that are not finite stay the strings "NaN", "Infinity", "-Infinity"; SV and UV are
    /// numbers whatever their size. Without it such FL/FD become the BulkDataURI alone and wide SV/UV are
    /// strings.
    bool drop_bulk = false;
    /// The standard face: trailing blanks and NULs are removed from text, and leading blanks where PS3.5 6.2
    /// has them insignificant (AE CS LO SH); what is empty then has no value. Without it values keep their
    /// NULs, UI its blanks.
    bool strip_padding = false;
    /// Paths (as in BulkValue) of elements to leave out: what the compatibility faces' validation dropped at
    /// store.
    const std::vector<std::string>* hidden = nullptr;
    /// Replaces the value of (0008,0005) where it is present, in items too: "ISO_IR 192" on the standard
    /// face; empty keeps it.
    std::string_view character_set;
    /// Only these top-level tags, ascending; nullptr: all.
    const std::vector<Tag>* only = nullptr;
};

/// Appends the filtered object to `out` in one pass without building a tree, copying the stretches that stay
/// as they are. `stored` must be what append_json wrote (trusted, from the index); anything else gives an
/// unspecified but memory-safe result.
void append_filtered(std::string& out, std::string_view stored, const JsonView& view);

/// The raw JSON of one top-level attribute's object (`{"vr":...}`), empty when absent.
std::string_view find_attribute(std::string_view stored, Tag tag);

}  // namespace isocenter::dicom
