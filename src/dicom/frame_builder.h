#pragma once

#include "dicom/data_set.h"
#include "dicom/data_set_parser.h"
#include "dicom/frame_table.h"

namespace isocenter::dicom {

/// The frame table of an object whose pixel data lie at `pixels`. `video`: the transfer syntax has one stream
/// for all frames. Offset tables are believed only where they point at the beginning of fragments, each
/// frame after the other.
FrameTable make_frame_table(const DataSet& data_set, PixelPlace pixels, bool video);

}  // namespace isocenter::dicom
