#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "commands.h"

int main(int argc, char** argv) {
    // What is written here tells of patients: nothing of it is for other users of the machine.
    umask(umask(0) | 0027);
    CLI::App app{"Isocenter: a DICOMweb archive"};
    app.set_version_flag("--version", ISOCENTER_VERSION);
    app.require_subcommand(1);
    isocenter::Command chosen;
    isocenter::add_serve(app, chosen);
    isocenter::add_import(app, chosen);
    isocenter::add_verify(app, chosen);
    isocenter::add_cast(app, chosen);
    isocenter::add_cohort(app, chosen);
    isocenter::add_settings(app, chosen);
    CLI11_PARSE(app, argc, argv);
    try {
        return chosen();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "isocenter: %s\n", error.what());
        return 1;
    }
}
