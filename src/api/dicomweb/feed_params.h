#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/profile.h"
#include "base/result.h"
#include "index/index.h"

namespace isocenter::api {

/// A read of the change feed (dicomweb.md 8.2, 8.3; standard-face.md section 8).
struct FeedRequest {
    index::ChangeQuery query;
    bool by_cursor = false;             ///< answer with the cursor of the next read
    std::string entry_mark;             ///< of the cursor: that of the entry it stands behind
    unsigned wait_seconds = 0;          ///< with a cursor: how long to wait for the first entry
    std::vector<std::string> warnings;  ///< texts for Warning headers: ASCII, no agent
};

/// `invalid_request` with the offending name in `bad_parameter`. Names are compared without regard to case;
/// the first of several wins. Names that this form of the feed does not know are ignored; the standard face
/// warns of them, or refuses them when its profile ignores nothing (standard-face.md D8).
Result<FeedRequest> parse_feed(const Profile& profile, std::string_view query, std::string& bad_parameter);
/// The same for `changefeed/latest`.
Result<FeedRequest> parse_latest(const Profile& profile, std::string_view query, std::string& bad_parameter);

/// A place in the feed, behind an entry: stable, opaque to clients, valid for good since sequences have no
/// gaps and rise in commit order. An archive that was emptied or restored counts the same sequences anew, for
/// other entries: the mark tells these apart.
struct FeedCursor {
    std::int64_t sequence = 0;
    std::string mark;  ///< empty: none was given, which no entry has
};

/// Of what an entry says for good.
std::string entry_mark(const index::Change& change);
std::string to_cursor(const FeedCursor& cursor);
/// `0` is the beginning. Nothing when ill-formed.
std::optional<FeedCursor> read_cursor(std::string_view text);

}  // namespace isocenter::api
