"""Client side of the conformance suite: everything here speaks HTTP or DICOM files and knows no server."""
