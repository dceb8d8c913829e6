#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dicomweb/query_params.h"
#include "archive/archive.h"

namespace isocenter::api {

/// Writes matches as DICOM JSON objects with the attributes of the request's return set
/// (dicomweb.md 6.1, 6.5, 6.6; standard-face.md 5.3). Values come from the index row; the stored document is
/// looked into only when the return set needs it. Used by one thread.
class RowWriter {
  public:
    /// AvailableTransferSyntaxUID of an instance.
    using Syntaxes = std::function<std::vector<std::string>(const index::EntityKey&)>;
    /// `base_uri` is that of the face, for RetrieveURL. The references must outlive the writer. Without
    /// `syntaxes` no row has AvailableTransferSyntaxUID.
    RowWriter(const Profile& profile, const SearchRequest& request, std::string base_uri,
              Syntaxes syntaxes = {});
    void append(std::string& out, const index::SearchRow& row);

  private:
    struct Field {
        ReturnField field;
        std::string head;  ///< `"00100020":{"vr":"LO"`
        bool indexed = false;
    };
    struct StoredAttribute {
        dicom::Tag tag;
        std::string_view json;
    };
    void filter_document(const index::SearchRow& row);
    std::string_view stored(dicom::Tag tag) const;
    bool append_computed(std::string& out, const Field& field, const index::SearchRow& row) const;
    bool append_indexed(std::string& out, const Field& field, const index::SearchRow& row) const;
    bool append_stored(std::string& out, const Field& field) const;
    std::vector<dicom::Tag> wanted_of(std::string_view document) const;
    void append_field(std::string& out, const Field& field, const index::SearchRow& row);
    /// The items that meet the query's conditions on members of the sequence (PS3.4 C.2.2.2.6).
    std::vector<index::RequestItem> matching(const std::vector<index::RequestItem>& items) const;
    std::string resource_path(const index::EntityKey& key, dicom::Level level) const;

    const Profile& profile_;
    const dicom::Level level_;
    const std::string base_uri_;
    Syntaxes syntaxes_;
    std::vector<Field> fields_;
    std::vector<dicom::Matcher> item_conditions_;  ///< on members of RequestAttributesSequence
    std::vector<dicom::Tag> wanted_;               ///< of the document; not looked at with whole_document_
    std::vector<PrivateAttribute> private_;        ///< of the document too, wherever it has them
    bool whole_document_ = false;
    bool want_document_ = false;
    bool index_first_ = true;  ///< which of two sources of a value wins
    std::string filtered_;
    std::vector<StoredAttribute> stored_;
};

/// The top-level attributes of an object that append_filtered wrote, in its order.
std::vector<std::pair<dicom::Tag, std::string_view>> split_attributes(std::string_view object);

}  // namespace isocenter::api
