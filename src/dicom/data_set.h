#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "dicom/tag.h"
#include "dicom/vr.h"

namespace isocenter::dicom {

struct Element;

/// Elements in ascending order of tag, each tag once (PS3.5 7.1). A value type; read-only sharing between
/// threads is safe.
class DataSet {
  public:
    const std::vector<Element>& elements() const { return elements_; }
    std::vector<Element>& elements() { return elements_; }
    bool empty() const;
    /// nullptr when absent. O(log n).
    const Element* find(Tag tag) const;
    Element* find(Tag tag);
    /// Inserts in order or replaces; fast when tags arrive ascending.
    Element& set(Element element);
    void remove(Tag tag);

    /// The decoded first value of a text element without padding (trailing blanks and NULs; leading blanks
    /// too where PS3.5 6.2 calls them insignificant), as UTF-8; empty when absent. `charset` as in
    /// Charset::of.
    std::string text(Tag tag) const;
    /// The first value of an unsigned or signed binary integer, IS or AT element.
    std::optional<std::int64_t> integer(Tag tag) const;

    /// Sets a text element of the VR the dictionary gives; `value` is UTF-8 and becomes the stored bytes.
    void set_text(Tag tag, std::string_view value);
    void set_text(Tag tag, Vr vr, std::string_view value);

  private:
    std::vector<Element> elements_;
};

/// One data element. Its value is in exactly one place:
/// - `items` for SQ;
/// - `bytes`: the value field in little endian byte order, text undecoded and with its padding as stored;
/// - `where` only (`held` false): large or bulk values that were not kept, to be read from the stored object;
/// - `bulk_uri`: a reference that came with JSON or XML, or the path of a value left in the stored object.
struct Element {
    Tag tag{};
    Vr vr = Vr::UN;
    bool held = true;
    std::string bytes{};
    std::vector<DataSet> items{};
    std::string bulk_uri{};
    /// The value field's place: in the stored object, or in the inflated data set of a deflated one. For
    /// encapsulated pixel data from the first item's tag to the end of the sequence delimiter. Zero when made
    /// by hand.
    ByteRange where{};
    /// The value field came in big endian order and `where` points at unswapped bytes.
    bool big_endian = false;
    /// The value field came as fragments (PS3.5 A.4).
    bool encapsulated = false;

    bool has_value() const {
        return !bytes.empty() || !items.empty() || !bulk_uri.empty() || (!held && where.length != 0);
    }
};

}  // namespace isocenter::dicom
