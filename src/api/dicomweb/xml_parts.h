#pragma once

#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "base/result.h"

namespace isocenter::api {

/// Native DICOM Model documents as the parts of one multipart answer (PS3.18 8.6.1.2). The boundary is
/// random: whoever stored the values cannot have put it there.
class XmlParts {
  public:
    XmlParts();
    std::string content_type() const;
    /// Appends the DICOM JSON object, of the form that append_json writes, as a part; `reserve` as of
    /// append_xml. `corrupt` when it is none.
    Status append(std::string& out, std::string_view object, bool first, const Reserve& reserve) const;
    /// Without any part the closing boundary is alone.
    void append_end(std::string& out, bool any) const;

  private:
    std::string boundary_;
};

}  // namespace isocenter::api
