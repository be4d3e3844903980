"""Android phones and emulators, reached by ``adb``: in a native process, or inside an app."""
