"""A bundle into an app: the project of ``android_demo`` or ``ios_demo``, stamped with one's own."""
