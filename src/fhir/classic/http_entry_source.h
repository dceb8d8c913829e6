#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "fhir/classic/entry.h"
#include "net/http_client.h"

namespace isocenter::fhir::classic {

/// The feed of any server that has `/v1/changefeed`, read in pages with metadata. The pages are small, as
/// data sets are large; a page is kept until an entry outside of it is asked for.
class HttpEntrySource : public EntrySource {
  public:
    struct Options {
        std::string root{};  ///< as service_root() gives it
        std::chrono::milliseconds timeout{120'000};
    };
    HttpEntrySource(net::HttpSender& sender, Options options)
        : sender_(sender), options_(std::move(options)) {}

    Attempt<std::optional<Entry>> entry(std::int64_t sequence) override;
    Attempt<std::optional<Entry>> reread(std::int64_t sequence) override;

  private:
    using Page = std::map<std::int64_t, Entry>;
    Attempt<Page> read_page(std::int64_t first, int limit);

    net::HttpSender& sender_;
    const Options options_;
    std::mutex mutex_;
    Page page_;
};

/// An entry as `/v1/changefeed` writes it; nothing when sequence, action or a UID is missing.
std::optional<Entry> parse_entry(boost::json::object&& object);

}  // namespace isocenter::fhir::classic
