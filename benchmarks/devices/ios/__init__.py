"""iPhones and simulators, reached by a Mac's Xcode: an app there opens the files."""
