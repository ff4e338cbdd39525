import ArgumentParser
@main struct Autoimage: AsyncParsableCommand { func run() async throws {} }
