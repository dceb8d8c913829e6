#pragma once

#include "archive/archive.h"
#include "fhir/classic/entry.h"

namespace isocenter::app {

/// Entries of the change feed of the archive of this process, with metadata as `/v1` gives it.
class LocalEntrySource : public fhir::classic::EntrySource {
  public:
    /// `archive` outlives the source.
    explicit LocalEntrySource(archive::Archive& archive) : archive_(archive) {}

    fhir::Attempt<std::optional<fhir::classic::Entry>> entry(std::int64_t sequence) override;

  private:
    archive::Archive& archive_;
};

}  // namespace isocenter::app
