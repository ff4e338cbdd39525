import { NestFactory } from '@nestjs/core';
async function bootstrap() {
  const app = await NestFactory.create({});
  await app.listen(process.env.PORT ?? 3333);
}
bootstrap();
