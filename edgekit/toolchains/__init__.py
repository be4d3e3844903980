"""What is fetched once into edgekit's cache: compilers, emulators and the libraries they need."""
