#include "index/sql/connection.h"

namespace isocenter::index::sql {

Run::Run(Connection& connection, std::string_view sql) {
    auto prepared = connection.prepare(sql);
    if (prepared) {
        statement_ = std::move(*prepared);
    } else {
        error_ = std::move(prepared).error();
    }
}

Run::~Run() {
    if (statement_) statement_->reset();
}

Run& Run::bind(std::int64_t value) {
    if (!error_) statement_->bind(++bound_, value);
    return *this;
}

Run& Run::bind(double value) {
    if (!error_) statement_->bind(++bound_, value);
    return *this;
}

Run& Run::bind(std::string_view text) {
    if (!error_) statement_->bind(++bound_, text);
    return *this;
}

Run& Run::bind_blob(std::string_view bytes) {
    if (!error_) statement_->bind_blob(++bound_, bytes);
    return *this;
}

Run& Run::bind_null() {
    if (!error_) statement_->bind_null(++bound_);
    return *this;
}

Run& Run::bind_or_null(std::string_view text) {
    return text.empty() ? bind_null() : bind(text);
}

Result<bool> Run::next() {
    if (error_) return *error_;
    return statement_->step();
}

Status Run::run() {
    while (true) {
        ISO_TRY(const bool row, next());
        if (!row) return {};
    }
}

Result<std::unique_ptr<Transaction>> Transaction::begin(Connection& connection, Kind kind) {
    ISO_CHECK(Run(connection, kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN").run());
    return std::unique_ptr<Transaction>(new Transaction(connection));
}

Transaction::~Transaction() {
    // A failed rollback leaves a connection whose next BEGIN fails: that caller hears of it.
    if (open_) static_cast<void>(Run(connection_, "ROLLBACK").run());
}

Status Transaction::commit() {
    ISO_CHECK(Run(connection_, "COMMIT").run());
    open_ = false;
    return {};
}

}  // namespace isocenter::index::sql
