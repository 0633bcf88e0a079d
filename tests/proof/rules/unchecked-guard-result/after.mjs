import { Schema, model } from 'mongoose';

const Course = model('Course', new Schema({ title: String, students: [String] }));

export async function enrol(courseId, student) {
  const updated = await Course.findOneAndUpdate(
    { _id: courseId, students: { $ne: student } },
    { $push: { students: student } },
  );
  if (updated === null && !(await Course.exists({ _id: courseId }))) {
    throw new Error('no such course');
  }
}
