#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// Gives the bytes of a value that the data set holds by reference only, in little endian byte order; for
/// encapsulated pixel data one source per fragment, or, when they are held by place (Element::where), one
/// source of all items as they are. Every source must know how many bytes remain.
using BulkProvider = std::function<Result<std::vector<std::unique_ptr<ByteSource>>>(const Element&)>;

/// Writes a DICOM file (PS3.10 section 7): zero preamble, file meta with our implementation class UID and
/// version, then the data set in `transfer_syntax` (explicit or implicit VR little endian; encapsulated pixel
/// data gets a basic offset table with one entry per fragment and a fragment per source; an extended one is
/// not written). Pixel data of the top level are fragments exactly when `transfer_syntax` is encapsulated,
/// nested ones and those held by place when Element::encapsulated says so. Values are padded to even length
/// (PS3.5 6.2); sequences have undefined length. Sequences of values over 65,534 bytes in a short-length VR
/// become UN (PS3.5 6.2.2). `meta` may give (0002,0002), (0002,0003) and others to keep; missing ones come
/// from the data set. `unsupported` for deflated and big endian syntaxes, `too_large` for values over 4 GiB;
/// errors of `bulk` and `sink` are passed on.
Status write_part10(const DataSet& meta, const DataSet& data_set, std::string_view transfer_syntax,
                    const BulkProvider& bulk, ByteSink& sink);

inline constexpr std::string_view kImplementationClassUid = "2.25.252387340829457302561473981262574361327";
inline constexpr std::string_view kImplementationVersionName = "ISOCENTER_0_1";

}  // namespace isocenter::dicom
