public class Client {
    public static void main(String[] arguments) throws Exception {
        System.out.println("hello");
    }
}
