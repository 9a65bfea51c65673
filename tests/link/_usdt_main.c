// A program whose probes are in a library.
int waggle_run(int count, char **texts);
int main(int count, char **texts) { return waggle_run(count, texts); }
