// DebianBases
