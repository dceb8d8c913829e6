#pragma once

#include <string>
#include <string_view>

#include "archive/archive.h"
#include "base/result.h"
#include "http/exchange.h"

namespace isocenter::api {

/// The study, series or instance that a path names by `{study}`, `{series}`, `{instance}`; absent names stay
/// empty. UIDs are checked (dicomweb.md 2.5) and made bare; `invalid_request` names the bad one.
Result<index::EntityKey> read_entity(const http::PathParams& params);

/// The name of the first parameter of a path that is no UID, or no frame list, where it must be one; empty:
/// none.
std::string_view ill_formed_parameter(const http::PathParams& params);

/// `<base>/studies/1/series/2/instances/3`, as far as the key goes. UIDs are percent-encoded.
std::string entity_uri(std::string_view base, const index::EntityKey& key);

/// `"<version>-<count>-<mark>"` of a study or series, `"<version>-<mark>"` of an instance: the ETag of
/// metadata (dicomweb.md 5.5). The mark tells databases apart that give out the same versions.
std::string revision_tag(const index::Revision& revision, const index::EntityKey& key);

/// A strong ETag of bytes: content identity and representation, the form included: one value as single part
/// and as multipart are two representations (standard-face.md 3.5).
std::string content_tag(const index::InstanceRecord& record, std::string_view representation);
std::string content_tag(const index::InstanceRecord& record, std::string_view representation,
                        std::string_view media_type, bool multipart);

/// The tag of an answer whose body holds addresses below `base`: under another one it is another content.
std::string addressed_tag(std::string etag, std::string_view base);

/// A multipart boundary derived from an ETag, so that equal answers are equal bytes (PS3.18 8.6.1.2 note 2).
std::string boundary_of(std::string_view etag);

}  // namespace isocenter::api
