#pragma once

#include "index/sql/connection.h"

namespace isocenter::app {

/// Makes the tables of the FHIR bridge's state where they are absent, and those of former versions like them.
Status make_cast_tables(index::sql::Connection& connection);

}  // namespace isocenter::app
